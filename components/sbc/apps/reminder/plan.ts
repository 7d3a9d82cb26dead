import { dayBefore, weekdayOf } from "./zone.ts";
import type { Day, Zone } from "./zone.ts";

/** What a subscriber has set. */
export interface Reminder {
  /** After midnight. */
  readonly minutes: number;
  /** Once, Monday to Friday, or each day. */
  readonly recur: "never" | "weekdays" | "always";
  /** When it was set: what was due before is none of its own. Unix seconds. */
  readonly setAt: number;
}

/** What has become of the reminder that was due at `dueAt`; all times are Unix seconds. */
export interface Call {
  readonly dueAt: number;
  readonly state: CallState;
  /** How often the phones have been called. */
  readonly attempts: number;
  /** When they are called again; of `waiting` alone. */
  readonly nextAt: number;
  /** The process that calls, or has called last. */
  readonly owner: string;
}

/** The last three are final. */
export type CallState = "ringing" | "waiting" | "answered" | "unanswered" | "missed";

export interface Limits {
  /** How late it still rings. */
  readonly lateSeconds: number;
  /** How often the phones are called at most. */
  readonly attempts: number;
  /** Between a call that nobody took and the next. */
  readonly retrySeconds: number;
}

export interface View {
  /** Unix seconds. */
  readonly now: number;
  readonly zone: Zone;
  readonly limits: Limits;
  /** The process that asks. */
  readonly owner: string;
}

export type Step =
  | { readonly kind: "nothing" }
  | { readonly kind: "ring"; readonly dueAt: number; readonly attempt: number }
  | {
      readonly kind: "close";
      readonly dueAt: number;
      readonly attempts: number;
      readonly state: "unanswered" | "missed";
    };

const SATURDAY = 6;
const isWorkday = (day: Day): boolean => ![0, SATURDAY].includes(weekdayOf(day));
/** From Monday back to Friday, and one for clocks that change. */
const DAYS_BACK = 4;

/** When it was due last, up to now; `undefined` when it has not been due since it was set. */
export const lastDue = (
  { minutes, recur, setAt }: Reminder,
  now: number,
  zone: Zone,
): number | undefined => {
  const nearest = zone.dayOf((recur === "never" ? setAt : now) * 1000);
  const days =
    recur === "never"
      ? [0, -1, -2].map((back) => dayBefore(nearest, back))
      : Array.from({ length: DAYS_BACK + 1 }, (_none, back) => dayBefore(nearest, back));
  const instants = days
    .filter((day) => recur !== "weekdays" || isWorkday(day))
    .map((day) => Math.floor(zone.instantOf(day, minutes) / 1000))
    .filter((at) => at > setAt);
  const at = recur === "never" ? instants[0] : instants.find((instant) => instant <= now);
  return at !== undefined && at <= now ? at : undefined;
};

const again = (call: Call, { now, limits, owner }: View): Step => {
  const { dueAt, attempts, state } = call;
  // This process knows what it is doing; whoever else rang has ended, and nobody knows how the call went.
  if (state === "ringing" && call.owner === owner) return { kind: "nothing" };
  if (state === "waiting" && now < call.nextAt) return { kind: "nothing" };
  const isOver = attempts >= limits.attempts || now - dueAt > limits.lateSeconds;
  return isOver
    ? { kind: "close", dueAt, attempts, state: "unanswered" }
    : { kind: "ring", dueAt, attempt: attempts + 1 };
};

/** What is to be done about a reminder now. @param call the last that there is */
export const stepFor = (reminder: Reminder, call: Call | undefined, view: View): Step => {
  const dueAt = lastDue(reminder, view.now, view.zone);
  if (dueAt === undefined || (call !== undefined && call.dueAt > dueAt)) return { kind: "nothing" };
  if (call?.dueAt === dueAt)
    return call.state === "ringing" || call.state === "waiting"
      ? again(call, view)
      : { kind: "nothing" };
  return view.now - dueAt > view.limits.lateSeconds
    ? { kind: "close", dueAt, attempts: 0, state: "missed" }
    : { kind: "ring", dueAt, attempt: 1 };
};

/** How a call to the phones has ended: nobody took it, or the B2BUA has gone away meanwhile. */
export type Ending = "answered" | "refused" | "lost";

/** What is written of a reminder after a call. */
export const settled = (
  ending: Ending,
  attempt: number,
  { now, limits }: Pick<View, "now" | "limits">,
): Pick<Call, "state" | "nextAt"> => {
  if (ending === "answered") return { state: "answered", nextAt: now };
  if (attempt >= limits.attempts) return { state: "unanswered", nextAt: now };
  return { state: "waiting", nextAt: ending === "lost" ? now : now + limits.retrySeconds };
};
