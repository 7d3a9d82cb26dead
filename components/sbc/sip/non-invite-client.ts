import { clientKey } from "./matching.ts";
import type { SipRequest, SipResponse } from "./message.ts";
import { serialize } from "./serialize.ts";
import { NEVER, patienceMs } from "./timers.ts";
import type { TimerSettings } from "./timers.ts";
import { NO_BYTES, send, STOPPED, unchanged, essentialsOnly } from "./transaction.ts";
import type { Action, ClientEvent, Failure, NonInviteClient, Path, Step } from "./transaction.ts";

/** Sends the request: timer E repeats it, timer F gives it up. */
export const startNonInviteClient = (
  request: SipRequest,
  path: Path,
  nowMs: number,
  settings: TimerSettings,
): Step<NonInviteClient> => {
  const bytes = serialize(request);
  const state: NonInviteClient = {
    machine: "nonInviteClient",
    phase: "trying",
    key: clientKey(request),
    ...path,
    request,
    bytes,
    intervalMs: settings.t1Ms,
    retransmitAt: path.reliable ? NEVER : nowMs + settings.t1Ms,
    endAt: nowMs + patienceMs(settings),
  };
  return { state, actions: [send(bytes)] };
};

export const stepNonInviteClient = (
  state: NonInviteClient,
  event: ClientEvent,
  nowMs: number,
  settings: TimerSettings,
): Step<NonInviteClient> => {
  if (state.phase === "terminated") return unchanged(state);
  switch (event.kind) {
    case "response":
      return onResponse(state, event.response, nowMs, settings);
    case "timer":
      return onTimer(state, nowMs, settings);
    case "transportError":
      return state.phase === "completed" ? unchanged(state) : failed(state, "transportError");
  }
};

const onTimer = (
  state: NonInviteClient,
  nowMs: number,
  { t2Ms }: TimerSettings,
): Step<NonInviteClient> => {
  // K ends a completed transaction; F gives up any other.
  if (state.endAt <= nowMs)
    return state.phase === "completed" ? ended(state, []) : failed(state, "timeout");
  if (state.retransmitAt > nowMs) return unchanged(state);
  const intervalMs = state.phase === "trying" ? Math.min(2 * state.intervalMs, t2Ms) : t2Ms;
  return {
    state: { ...state, intervalMs, retransmitAt: nowMs + intervalMs },
    actions: [send(state.bytes)],
  };
};

const onResponse = (
  state: NonInviteClient,
  response: SipResponse,
  nowMs: number,
  { t4Ms }: TimerSettings,
): Step<NonInviteClient> => {
  if (state.phase === "completed") return unchanged(state);
  const actions: readonly Action[] = [{ kind: "deliverResponse", response }];
  if (response.status < 200) return { state: { ...state, phase: "proceeding" }, actions };
  if (state.reliable) return ended(state, actions);
  const request = essentialsOnly(state.request);
  const rest = { request, bytes: NO_BYTES, endAt: nowMs + t4Ms };
  return { state: { ...state, ...STOPPED, phase: "completed", ...rest }, actions };
};

const ended = (state: NonInviteClient, actions: readonly Action[]): Step<NonInviteClient> => ({
  state: { ...state, ...STOPPED, phase: "terminated" },
  actions,
});

const failed = (state: NonInviteClient, because: Failure): Step<NonInviteClient> =>
  ended(state, [{ kind: "fail", because }]);
