import { VERSION } from "../../../../appliance/version.ts";
import type { Effect, PlanStep } from "../../../../ha/core/effect.ts";
import type { HaEvent, StepId } from "../../../../ha/core/event.ts";
import type { Heartbeat, LinkName, ReceivedHeartbeat } from "../../../../ha/core/heartbeat.ts";
import type { HaSettings } from "../../../../ha/core/settings.ts";
import type { Birth, HaState } from "../../../../ha/core/state.ts";
import { initialState } from "../../../../ha/core/state.ts";
import { step } from "../../../../ha/core/step.ts";
import { instant, millis } from "../../../../ha/core/time.ts";
import { settingsOf } from "../settings-of-a-pair.ts";

type Untimed<Event> = Event extends { readonly at: unknown } ? Omit<Event, "at"> : never;

/** One node under test: the core, a clock that only moves when told, and everything it asked for. */
export interface Node {
  readonly settings: HaSettings;
  state: HaState;
  readonly asked: Effect[];
}

export const born = (node: "sp1" | "sp2", birth: Partial<Birth> = {}): Node => ({
  settings: settingsOf(node),
  state: initialState({
    at: instant(0),
    record: undefined,
    holdsAddresses: false,
    servicesRunning: false,
    ...birth,
  }),
  asked: [],
});

export const feed = (node: Node, at: number, event: Untimed<HaEvent>): readonly Effect[] => {
  const { state, effects } = step(node.state, { ...event, at: instant(at) }, node.settings);
  node.state = state;
  node.asked.push(...effects);
  return effects;
};

/** A heartbeat of the peer as the link would deliver it. */
export const beat = (node: Node, said: Partial<ReceivedHeartbeat> = {}): ReceivedHeartbeat => ({
  node: node.settings.peer,
  role: "active",
  term: 3,
  handover: "none",
  forced: false,
  eligible: true,
  willing: true,
  lastHeldTerm: 3,
  inSync: true,
  lanCarrier: true,
  pingNodesReached: 2,
  understands: true,
  pairServed: true,
  session: "peer",
  sequence: 1,
  echoSession: "mine",
  echoSequence: 1,
  deadMs: millis(250),
  sharedAddressesHash: "ours",
  version: VERSION,
  configuration: undefined,
  ...said,
});

export const hear = (
  node: Node,
  at: number,
  said: Partial<ReceivedHeartbeat> = {},
  link: LinkName = "crosslink",
): readonly Effect[] =>
  feed(node, at, {
    kind: "heartbeatReceived",
    link,
    heartbeat: beat(node, said),
    unheardMs: millis(0),
  });

export const stepsOf = (effects: readonly Effect[]): readonly PlanStep["kind"][] =>
  effects.flatMap((effect) => (effect.kind === "runStep" ? [effect.step.kind] : []));

export const saidIn = (effects: readonly Effect[]): readonly Heartbeat[] =>
  effects.flatMap((effect) => (effect.kind === "sendHeartbeat" ? [effect.heartbeat] : []));

/** The id of the newest step of that kind. */
export const idOf = (node: Node, kind: PlanStep["kind"]): StepId => {
  const found = node.asked.findLast(
    (effect) => effect.kind === "runStep" && effect.step.kind === kind,
  );
  if (found?.kind !== "runStep") throw new Error(`no step ${kind} was asked for`);
  return found.id;
};

/** Answers every step and record as soon as it is asked for, until nothing is asked any more. */
export const settleAll = (node: Node, at: number, effects: readonly Effect[]): void => {
  for (const effect of effects) {
    if (effect.kind === "runStep")
      settleAll(node, at, feed(node, at, { kind: "stepSucceeded", id: effect.id }));
    if (effect.kind === "saveRecord")
      settleAll(node, at, feed(node, at, { kind: "recordSaved", term: effect.record.term }));
  }
};

/** Ticks from `from` to `to`, with every step succeeding at once; hears the peer each 50 ms when `said` is given. */
export const run = (
  node: Node,
  from: number,
  to: number,
  said?: Partial<ReceivedHeartbeat>,
): readonly Effect[] => {
  const start = node.asked.length;
  for (let at = from; at <= to; at += node.settings.tickMs) {
    if (said !== undefined) settleAll(node, at, hear(node, at, { ...said, sequence: at }));
    settleAll(node, at, feed(node, at, { kind: "tick" }));
  }
  return node.asked.slice(start);
};
