/*
 * What a prepaid call has to pay, and when. Amounts are whole millionths of a cent, so that sums are exact; instants are
 * milliseconds since 1970, for they outlive the node.
 */

/** What calls to a destination cost. An interval that has begun is paid whole. */
export interface Fee {
  /** Of the first interval, for each of its seconds. */
  readonly initRate: number;
  readonly initInterval: number;
  /** Of each interval after it. */
  readonly followRate: number;
  readonly followInterval: number;
}

/** Who pays for a call, and how much. */
export interface Tariff {
  /** Id of the customer in billing.contracts. */
  readonly contract: number;
  readonly fee: Fee;
}

/** The account of a call as it stands in its record. */
export interface Prepaid {
  /** The subscriber on whose account the call goes, by uuid. */
  readonly payer: string;
  /** What was dialled, as the fees have it. */
  readonly number: string;
  /** Written down before the first reservation, so that what follows is counted by the same fee. */
  readonly tariff?: Tariff | undefined;
  /** How many reservations stand in the database. */
  readonly steps: number;
  /** How many intervals after the first one they hold, all together. */
  readonly intervals: number;
  /** From here on time is charged: the answer. */
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

/** A reservation: one interval at least, and some more where the balance holds them. */
export interface Step {
  readonly number: number;
  readonly firstPrice: number;
  readonly price: number;
  readonly more: number;
}

/** How soon a database that did not answer is asked again. */
export const ASK_AGAIN_MS = 500;

const initPrice = ({ initRate, initInterval }: Fee): number => initRate * initInterval;
const followPrice = ({ followRate, followInterval }: Fee): number => followRate * followInterval;

const intervalsIn = (seconds: number, { followInterval }: Fee): number =>
  Math.max(0, Math.ceil(seconds / followInterval));

/** @param stepSeconds for so long a reservation lasts at least, as far as the balance holds it */
export const nextStep = ({ steps }: Prepaid, fee: Fee, stepSeconds: number): Step => ({
  number: steps,
  firstPrice: steps === 0 ? initPrice(fee) : followPrice(fee),
  price: followPrice(fee),
  more:
    steps === 0
      ? intervalsIn(stepSeconds - fee.initInterval, fee)
      : Math.max(0, intervalsIn(stepSeconds, fee) - 1),
});

/** The account after a reservation that holds `more` intervals besides its first one. */
export const withStep = (prepaid: Prepaid, more: number): Prepaid => ({
  ...prepaid,
  steps: prepaid.steps + 1,
  intervals: prepaid.intervals + more + (prepaid.steps === 0 ? 0 : 1),
});

/** The account of a call that goes on though nobody could reserve anything. */
export const withoutPaying = (prepaid: Prepaid, fee: Fee, stepSeconds: number): Prepaid => ({
  ...prepaid,
  intervals: prepaid.intervals + Math.max(1, intervalsIn(stepSeconds, fee)),
});

/** The end of what is paid; undefined for a call that was not answered. */
export const paidUntil = ({ tariff, startedAt, intervals }: Prepaid): number | undefined => {
  if (tariff === undefined || startedAt === undefined) return undefined;
  const { initInterval, followInterval } = tariff.fee;
  return startedAt + (initInterval + intervals * followInterval) * 1_000;
};

/** Counted once, from the first answer on. */
export const started = (prepaid: Prepaid, nowMs: number): Prepaid => ({
  ...prepaid,
  startedAt: prepaid.startedAt ?? nowMs,
});

/** What comes after the end of what is paid is nobody's debt: there was nobody to end the call in time. */
export const ended = (prepaid: Prepaid, nowMs: number): Prepaid => ({
  ...prepaid,
  endedAt: prepaid.endedAt ?? Math.min(nowMs, paidUntil(prepaid) ?? nowMs),
});

/** What an ended call costs: nothing unless it was answered, and then the first interval at least. */
export const costOf = ({ tariff, startedAt, endedAt }: Prepaid): number => {
  if (tariff === undefined || startedAt === undefined || endedAt === undefined) return 0;
  const { fee } = tariff;
  const after = (endedAt - startedAt) / 1_000 - fee.initInterval;
  return initPrice(fee) + intervalsIn(after, fee) * followPrice(fee);
};

/** How the next reservation stands. */
export type Asking =
  | { readonly kind: "notYet" }
  | { readonly kind: "asked"; readonly sinceMs: number }
  | { readonly kind: "refused" }
  /** Asked since then, and to be asked again. */
  | { readonly kind: "silent"; readonly sinceMs: number; readonly againMs: number };

/** What is to be done now, or when to look again. */
export type Act =
  | { readonly kind: "wait"; readonly untilMs: number }
  | { readonly kind: "ask" }
  | { readonly kind: "end"; readonly because: "credit" | "accounting" };

/**
 * Whoever asks late, since the process before is dead, has as much time for its answer as one that asks ahead: its database
 * may not be writable yet.
 */
const giveUpAtOf = (end: number, sinceMs: number, aheadMs: number): number =>
  Math.max(end, sinceMs + aheadMs);

/**
 * @param end of what is paid
 * @param aheadMs so long before it the next reservation is made
 */
export const actOf = (end: number, asking: Asking, nowMs: number, aheadMs: number): Act => {
  switch (asking.kind) {
    case "notYet":
      // Also after the end: nobody was there to ask before.
      return nowMs >= end - aheadMs ? { kind: "ask" } : { kind: "wait", untilMs: end - aheadMs };
    case "asked": {
      const giveUpAt = giveUpAtOf(end, asking.sinceMs, aheadMs);
      return nowMs >= giveUpAt
        ? { kind: "end", because: "accounting" }
        : { kind: "wait", untilMs: giveUpAt };
    }
    case "refused":
      return nowMs >= end ? { kind: "end", because: "credit" } : { kind: "wait", untilMs: end };
    case "silent": {
      const giveUpAt = giveUpAtOf(end, asking.sinceMs, aheadMs);
      if (nowMs >= giveUpAt) return { kind: "end", because: "accounting" };
      return nowMs >= asking.againMs
        ? { kind: "ask" }
        : { kind: "wait", untilMs: Math.min(giveUpAt, asking.againMs) };
    }
  }
};
