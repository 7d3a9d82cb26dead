import { NEVER, patienceMs } from "./timers.ts";
import type { TimerSettings } from "./timers.ts";

/**
 * A response that the core itself sends again until it is acknowledged: a 2xx until its ACK (RFC 3261 section
 * 13.3.1.4), a reliable provisional response until its PRACK (RFC 3262 section 3). Plain data, so that it can be
 * taken over: whoever restores it begins anew with `startRetransmission`.
 */
export interface Retransmission {
  readonly dueAt: number;
  readonly intervalMs: number;
  /** The interval stops growing here; `NEVER` when it grows on. */
  readonly longestMs: number;
  readonly giveUpAt: number;
}

export type RetransmissionStep =
  | { readonly kind: "wait"; readonly next: Retransmission }
  | { readonly kind: "send"; readonly next: Retransmission }
  /** Nothing came in 64*T1: the session is ended with a BYE, or the request answered 5xx. */
  | { readonly kind: "giveUp" };

/** Begins with the first sending, which is the caller's. The interval doubles, for a 2xx up to T2. */
export const startRetransmission = (
  what: "success" | "reliableProvisional",
  nowMs: number,
  settings: TimerSettings,
): Retransmission => ({
  dueAt: nowMs + settings.t1Ms,
  intervalMs: settings.t1Ms,
  longestMs: what === "success" ? settings.t2Ms : NEVER,
  giveUpAt: nowMs + patienceMs(settings),
});

/** When `stepRetransmission` is to be called. */
export const retransmissionDeadline = ({ dueAt, giveUpAt }: Retransmission): number =>
  Math.min(dueAt, giveUpAt);

export const stepRetransmission = (state: Retransmission, nowMs: number): RetransmissionStep => {
  if (state.giveUpAt <= nowMs) return { kind: "giveUp" };
  if (state.dueAt > nowMs) return { kind: "wait", next: state };
  const intervalMs = Math.min(state.intervalMs * 2, state.longestMs);
  return { kind: "send", next: { ...state, intervalMs, dueAt: nowMs + intervalMs } };
};
