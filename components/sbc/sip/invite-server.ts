import { serverKey } from "./matching.ts";
import type { SipRequest, SipResponse } from "./message.ts";
import { responseTo } from "./responses.ts";
import { serialize } from "./serialize.ts";
import { NEVER, patienceMs } from "./timers.ts";
import type { TimerSettings } from "./timers.ts";
import { send, STOPPED, unchanged, essentialsOnly } from "./transaction.ts";
import type { Action, Failure, InviteServer, ServerEvent, Step } from "./transaction.ts";
import { responseTarget } from "./via.ts";

/** Takes an INVITE in: the core is told, and 100 goes out when the core has said nothing for a while. */
export const startInviteServer = (
  request: SipRequest,
  reliable: boolean,
  nowMs: number,
  settings: TimerSettings,
): Step<InviteServer> => ({
  state: {
    machine: "inviteServer",
    phase: "proceeding",
    key: serverKey(request),
    reliable,
    target: responseTarget(request.vias[0]),
    request,
    bytes: undefined,
    intervalMs: 0,
    retransmitAt: nowMs + settings.tryingMs,
    endAt: NEVER,
  },
  actions: [{ kind: "deliverRequest", request }],
});

/** The transaction of an INVITE that another process took in, and last answered by this provisional response. */
export const resumeInviteServer = (
  request: SipRequest,
  reliable: boolean,
  lastResponse: SipResponse,
): InviteServer => ({
  machine: "inviteServer",
  phase: "proceeding",
  key: serverKey(request),
  reliable,
  target: responseTarget(request.vias[0]),
  request,
  bytes: serialize(lastResponse),
  intervalMs: 0,
  ...STOPPED,
});

export const stepInviteServer = (
  state: InviteServer,
  event: ServerEvent,
  nowMs: number,
  settings: TimerSettings,
): Step<InviteServer> => {
  switch (event.kind) {
    case "respond":
      return onRespond(state, event.response, nowMs, settings);
    case "request":
      return event.request.method === "ACK"
        ? onAck(state, event.request, nowMs, settings)
        : onRetransmission(state);
    case "timer":
      return onTimer(state, nowMs, settings);
    case "transportError":
      return onTransportError(state);
  }
};

const onRespond = (
  state: InviteServer,
  response: SipResponse,
  nowMs: number,
  settings: TimerSettings,
): Step<InviteServer> => {
  const success = response.status >= 200 && response.status < 300;
  // In the accepted state the core's own retransmissions of its 2xx pass (RFC 6026 section 7.1).
  if (state.phase === "accepted" && success) return { state, actions: [send(serialize(response))] };
  if (state.phase !== "proceeding") return unchanged(state);
  const bytes = serialize(response);
  const actions = [send(bytes)];
  if (response.status < 200) return { state: { ...state, bytes, retransmitAt: NEVER }, actions };
  const endAt = nowMs + patienceMs(settings);
  const rest = { request: essentialsOnly(state.request), endAt };
  if (success)
    return {
      state: { ...state, ...STOPPED, ...rest, phase: "accepted", bytes: undefined },
      actions,
    };
  const retransmitAt = state.reliable ? NEVER : nowMs + settings.t1Ms;
  return {
    state: {
      ...state,
      ...rest,
      phase: "completed",
      bytes,
      intervalMs: settings.t1Ms,
      retransmitAt,
    },
    actions,
  };
};

const onRetransmission = (state: InviteServer): Step<InviteServer> =>
  state.bytes !== undefined && (state.phase === "proceeding" || state.phase === "completed")
    ? { state, actions: [send(state.bytes)] }
    : unchanged(state);

const onAck = (
  state: InviteServer,
  request: SipRequest,
  nowMs: number,
  { t4Ms }: TimerSettings,
): Step<InviteServer> => {
  // A peer of RFC 2543 sends the ACK of a 2xx within the transaction.
  if (state.phase === "accepted") return { state, actions: [{ kind: "deliverRequest", request }] };
  if (state.phase !== "completed") return unchanged(state);
  if (state.reliable) return ended(state, []);
  const endAt = nowMs + t4Ms;
  return {
    state: { ...state, ...STOPPED, phase: "confirmed", bytes: undefined, endAt },
    actions: [],
  };
};

const onTimer = (
  state: InviteServer,
  nowMs: number,
  settings: TimerSettings,
): Step<InviteServer> => {
  // H is the only one of H, I and L that tells of a fault.
  if (state.endAt <= nowMs)
    return state.phase === "completed" ? failed(state, "timeout") : ended(state, []);
  if (state.retransmitAt > nowMs) return unchanged(state);
  if (state.bytes === undefined)
    return onRespond(state, responseTo(state.request, { status: 100 }), nowMs, settings);
  const intervalMs = Math.min(2 * state.intervalMs, settings.t2Ms);
  return {
    state: { ...state, intervalMs, retransmitAt: nowMs + intervalMs },
    actions: [send(state.bytes)],
  };
};

/** In the accepted state the core is told and the transaction goes on absorbing the INVITE (RFC 6026 section 8.8). */
const onTransportError = (state: InviteServer): Step<InviteServer> => {
  if (state.phase === "accepted")
    return { state, actions: [{ kind: "fail", because: "transportError" }] };
  return state.phase === "terminated" || state.phase === "confirmed"
    ? unchanged(state)
    : failed(state, "transportError");
};

const ended = (state: InviteServer, actions: readonly Action[]): Step<InviteServer> => ({
  state: { ...state, ...STOPPED, phase: "terminated" },
  actions,
});

const failed = (state: InviteServer, because: Failure): Step<InviteServer> =>
  ended(state, [{ kind: "fail", because }]);
