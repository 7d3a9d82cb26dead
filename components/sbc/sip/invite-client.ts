import type { SipRequest, SipResponse } from "./message.ts";
import { ackOfFailure } from "./requests.ts";
import { serialize } from "./serialize.ts";
import { NEVER, patienceMs, timerDMs } from "./timers.ts";
import type { TimerSettings } from "./timers.ts";
import { NO_BYTES, send, STOPPED, unchanged, essentialsOnly } from "./transaction.ts";
import type { Action, ClientEvent, InviteClient, Failure, Path, Step } from "./transaction.ts";
import { clientKey } from "./matching.ts";

/** Sends the INVITE: timer A repeats it, timer B gives it up. */
export const startInviteClient = (
  request: SipRequest,
  path: Path,
  nowMs: number,
  settings: TimerSettings,
): Step<InviteClient> => {
  const bytes = serialize(request);
  const state: InviteClient = {
    machine: "inviteClient",
    phase: "calling",
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

/** The transaction of an INVITE that another process sent and that has been answered by a provisional response. */
export const resumeInviteClient = (request: SipRequest, path: Path): InviteClient => ({
  machine: "inviteClient",
  phase: "proceeding",
  key: clientKey(request),
  ...path,
  ...STOPPED,
  request,
  bytes: NO_BYTES,
  intervalMs: 0,
});

export const stepInviteClient = (
  state: InviteClient,
  event: ClientEvent,
  nowMs: number,
  settings: TimerSettings,
): Step<InviteClient> => {
  switch (event.kind) {
    case "response":
      return onResponse(state, event.response, nowMs, settings);
    case "timer":
      return onTimer(state, nowMs);
    case "transportError":
      return state.phase === "calling" || state.phase === "completed"
        ? failed(state, "transportError")
        : unchanged(state);
  }
};

const onTimer = (state: InviteClient, nowMs: number): Step<InviteClient> => {
  if (state.endAt <= nowMs)
    // B is the only one of B, D and M that tells of a fault.
    return state.phase === "calling" ? failed(state, "timeout") : ended(state, []);
  if (state.retransmitAt > nowMs) return unchanged(state);
  const intervalMs = state.intervalMs * 2;
  return {
    state: { ...state, intervalMs, retransmitAt: nowMs + intervalMs },
    actions: [send(state.bytes)],
  };
};

const onResponse = (
  state: InviteClient,
  response: SipResponse,
  nowMs: number,
  settings: TimerSettings,
): Step<InviteClient> => {
  const deliver: Action = { kind: "deliverResponse", response };
  switch (state.phase) {
    case "calling":
    case "proceeding":
      if (response.status < 200)
        return { state: { ...state, ...STOPPED, phase: "proceeding" }, actions: [deliver] };
      if (response.status < 300) return accepted(state, deliver, nowMs, settings);
      return completed(state, response, nowMs, settings);
    case "accepted":
      // Retransmissions, and answers of other branches of a fork: the core sends an ACK to each (RFC 6026).
      return response.status >= 200 && response.status < 300
        ? { state, actions: [deliver] }
        : unchanged(state);
    case "completed":
      return response.status >= 300 ? { state, actions: [send(state.bytes)] } : unchanged(state);
    case "terminated":
      return unchanged(state);
  }
};

const accepted = (
  state: InviteClient,
  deliver: Action,
  nowMs: number,
  settings: TimerSettings,
): Step<InviteClient> => ({
  state: {
    ...state,
    ...STOPPED,
    phase: "accepted",
    request: essentialsOnly(state.request),
    bytes: NO_BYTES,
    endAt: nowMs + patienceMs(settings),
  },
  actions: [deliver],
});

const completed = (
  state: InviteClient,
  response: SipResponse,
  nowMs: number,
  settings: TimerSettings,
): Step<InviteClient> => {
  const bytes = serialize(ackOfFailure(state.request, response));
  const actions: readonly Action[] = [send(bytes), { kind: "deliverResponse", response }];
  if (state.reliable) return ended(state, actions);
  const request = essentialsOnly(state.request);
  const endAt = nowMs + timerDMs(settings);
  return { state: { ...state, ...STOPPED, phase: "completed", request, bytes, endAt }, actions };
};

const ended = (state: InviteClient, actions: readonly Action[]): Step<InviteClient> => ({
  state: { ...state, ...STOPPED, phase: "terminated" },
  actions,
});

const failed = (state: InviteClient, because: Failure): Step<InviteClient> =>
  ended(state, [{ kind: "fail", because }]);
