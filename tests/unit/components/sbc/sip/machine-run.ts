import type { SipRequest, SipResponse } from "../../../../../components/sbc/sip/message.ts";
import { parseMessage } from "../../../../../components/sbc/sip/parse.ts";
import { responseTo } from "../../../../../components/sbc/sip/responses.ts";
import { RFC_3261_TIMERS } from "../../../../../components/sbc/sip/timers.ts";
import type { TimerSettings } from "../../../../../components/sbc/sip/timers.ts";
import { deadlineOf } from "../../../../../components/sbc/sip/transaction.ts";
import type {
  Action,
  CommonEvent,
  Step,
  Transaction,
} from "../../../../../components/sbc/sip/transaction.ts";
import { invite, parsedRequest, wire, inviteLines } from "./messages.ts";

export const SETTINGS = RFC_3261_TIMERS;
export const TARGET = { address: "192.0.2.7", port: 5060 };
export const UDP = { target: TARGET, reliable: false };
export const TCP = { target: TARGET, reliable: true };

export const INVITE = invite();
export const OPTIONS = parsedRequest(
  wire(["OPTIONS sip:bob@example.net SIP/2.0", ...inviteLines({ CSeq: "1 OPTIONS" }).slice(1)]),
);
export const ACK = parsedRequest(
  wire([
    "ACK sip:bob@example.net SIP/2.0",
    ...inviteLines({ CSeq: "1 ACK", To: "<sip:bob@example.net>;tag=b" }).slice(1),
  ]),
);

export const answer = (request: SipRequest, status: number): SipResponse =>
  responseTo(request, { status, toTag: "b" });

const describe = (action: Action): string => {
  switch (action.kind) {
    case "send": {
      const message = parseMessage(action.bytes);
      if (message.kind === "malformed") return "sends nonsense";
      return `sends ${message.kind === "request" ? message.method : message.status}`;
    }
    case "deliverRequest":
      return `tells ${action.request.method}`;
    case "deliverResponse":
      return `tells ${action.response.status}`;
    case "fail":
      return `fails: ${action.because}`;
  }
};

type Machine<State extends Transaction, Event> = (
  state: State,
  event: Event | CommonEvent,
  nowMs: number,
  settings: TimerSettings,
) => Step<State>;

/**
 * Runs one machine from instant 0, its timers in between, until all events have come and no timer runs.
 *
 * @returns lines `INSTANT what it did`, and `INSTANT -> phase` where the phase changed
 */
export const transcript = <State extends Transaction, Event>(
  start: Step<State>,
  machine: Machine<State, Event>,
  events: readonly (readonly [number, Event | CommonEvent])[] = [],
): readonly string[] => {
  let { state } = start;
  const lines = start.actions.map((action) => `0 ${describe(action)}`);
  const apply = (event: Event | CommonEvent, at: number): void => {
    const step = machine(state, event, at, SETTINGS);
    lines.push(...step.actions.map((action) => `${at} ${describe(action)}`));
    if (step.state.phase !== state.phase) lines.push(`${at} -> ${step.state.phase}`);
    state = step.state;
  };
  const fireUntil = (end: number): void => {
    for (let at = deadlineOf(state); at < end; at = deadlineOf(state)) apply({ kind: "timer" }, at);
  };
  for (const [at, event] of events) {
    fireUntil(at);
    apply(event, at);
  }
  fireUntil(Infinity);
  return lines;
};

/** The instants at which a line was repeated. */
export const instants = (lines: readonly string[], what: string): readonly number[] =>
  lines.filter((line) => line.endsWith(` ${what}`)).map((line) => Number(line.split(" ")[0]));
