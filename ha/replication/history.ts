import type { CheckResult, Incident, StoreReport, StoreStatus } from "../control/contract.ts";

type StoreName = StoreStatus["store"];

/** What is kept of each store from one look to the next. */
export interface StoreHistory {
  readonly status: StoreStatus;
  /** Since when it has been in this state, monotonic milliseconds. */
  readonly since: number;
  readonly lastIncident: Incident | null;
}

export type History = Readonly<Partial<Record<StoreName, StoreHistory>>>;

/** States that something brought about; a store that has just been started and does not answer yet is none. */
const isIncident = ({ state, role }: StoreStatus): boolean =>
  role !== "unknown" && (state === "diverged" || state === "broken");

const next = (
  before: StoreHistory | undefined,
  status: StoreStatus,
  now: number,
  wallClock: string,
): StoreHistory => {
  const same = before?.status.state === status.state;
  const told = same && before.status.detail === status.detail;
  return {
    status,
    since: same ? before.since : now,
    lastIncident:
      isIncident(status) && !told
        ? { at: wallClock, sentence: status.detail }
        : (before?.lastIncident ?? null),
  };
};

/**
 * @param now monotonic milliseconds
 * @param wallClock ISO 8601, for incidents
 */
export const remember = (
  history: History,
  stores: readonly StoreStatus[],
  now: number,
  wallClock: string,
): History =>
  Object.fromEntries(
    stores.map((status) => [status.store, next(history[status.store], status, now, wallClock)]),
  );

/** What is told beside the history of a store: it is read when somebody asks. */
export interface Beside {
  readonly peer: string;
  readonly now: number;
  /** What the last copy was made for and came to; absent when there was none. */
  readonly lastCopy: Incident | undefined;
  readonly lastCheck: CheckResult | undefined;
}

const newer = (one: Incident | null, other: Incident | undefined): Incident | null => {
  if (other === undefined) return one;
  return one === null || one.at < other.at ? other : one;
};

export const reportOf = (
  { status, since, lastIncident }: StoreHistory,
  { peer, now, lastCopy, lastCheck }: Beside,
): StoreReport => ({
  ...status,
  peer,
  forMs: Math.round(now - since),
  lastIncident: status.store === "mysql" ? newer(lastIncident, lastCopy) : lastIncident,
  lastCheck: lastCheck ?? null,
});
