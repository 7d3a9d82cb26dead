import { serverKey } from "./matching.ts";
import type { SipRequest, SipResponse } from "./message.ts";
import { serialize } from "./serialize.ts";
import { NEVER, patienceMs } from "./timers.ts";
import type { TimerSettings } from "./timers.ts";
import { send, STOPPED, unchanged, essentialsOnly } from "./transaction.ts";
import type { Action, NonInviteServer, ServerEvent, Step } from "./transaction.ts";
import { responseTarget } from "./via.ts";

/** Takes a request in and tells the core; nothing is sent before the core answers. */
export const startNonInviteServer = (
  request: SipRequest,
  reliable: boolean,
): Step<NonInviteServer> => ({
  state: {
    machine: "nonInviteServer",
    phase: "trying",
    key: serverKey(request),
    reliable,
    target: responseTarget(request.vias[0]),
    request,
    bytes: undefined,
    intervalMs: 0,
    retransmitAt: NEVER,
    endAt: NEVER,
  },
  actions: [{ kind: "deliverRequest", request }],
});

export const stepNonInviteServer = (
  state: NonInviteServer,
  event: ServerEvent,
  nowMs: number,
  settings: TimerSettings,
): Step<NonInviteServer> => {
  if (state.phase === "terminated") return unchanged(state);
  switch (event.kind) {
    case "respond":
      return onRespond(state, event.response, nowMs, settings);
    case "request":
      return state.bytes === undefined ? unchanged(state) : { state, actions: [send(state.bytes)] };
    case "timer":
      return state.endAt <= nowMs ? ended(state, []) : unchanged(state);
    case "transportError":
      return ended(state, [{ kind: "fail", because: "transportError" }]);
  }
};

const onRespond = (
  state: NonInviteServer,
  response: SipResponse,
  nowMs: number,
  settings: TimerSettings,
): Step<NonInviteServer> => {
  if (state.phase === "completed") return unchanged(state);
  const bytes = serialize(response);
  const actions = [send(bytes)];
  if (response.status < 200) return { state: { ...state, phase: "proceeding", bytes }, actions };
  if (state.reliable) return ended(state, actions);
  const rest = { request: essentialsOnly(state.request), endAt: nowMs + patienceMs(settings) };
  return { state: { ...state, ...rest, phase: "completed", bytes }, actions };
};

const ended = (state: NonInviteServer, actions: readonly Action[]): Step<NonInviteServer> => ({
  state: { ...state, ...STOPPED, phase: "terminated" },
  actions,
});
