import { awaitsPeer, isListening, peerPrepares } from "./conditions.ts";
import { draftOf } from "./copy.ts";
import { isEligible, isWilling, pairHasServed } from "./eligibility.ts";
import type { HaEvent } from "./event.ts";
import type { Handover, Heartbeat, Role } from "./heartbeat.ts";
import type { Outcome } from "./outcome.ts";
import { outcome } from "./outcome.ts";
import { alivePeer, peerIsNotUnderstood } from "./peer.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import type { Instant, Millis } from "./time.ts";
import { elapsed } from "./time.ts";

/** A claim that is not on disk yet is not said (rule 13). */
const spokenRole = (state: HaState): Role =>
  state.role === "promoting" && state.plan?.claimedAt === undefined ? "standby" : state.role;

/** Said until the addresses are free: a peer that hears nothing more of it undoes what it prepared. */
const asksPeerToPrepare = (state: HaState): boolean =>
  state.role === "demoting" && state.plan?.kind === "handOver" && state.address !== "released";

const handover = (state: HaState, settings: HaSettings): Handover => {
  if (state.role === "demoting" && awaitsPeer(state, settings)) return "released";
  if (asksPeerToPrepare(state)) return "prepare";
  if (state.role !== "standby") return "none";
  if (peerPrepares(state, settings) && state.services === "prepared") return "ready";
  return state.command?.command.kind === "makeActive" ? "wanted" : "none";
};

const spokenTerm = (state: HaState, role: Role, word: Handover): number => {
  if (word === "released") return state.plan?.term ?? state.term;
  return role === "standby" || role === "starting" ? state.term : state.claimTerm;
};

const compose = (state: HaState, settings: HaSettings): Heartbeat => {
  const role = spokenRole(state);
  const word = handover(state, settings);
  const command = state.command?.command;
  return {
    node: settings.node,
    role,
    term: spokenTerm(state, role, word),
    handover: word,
    forced: command?.kind === "makeActive" && command.force,
    eligible: isEligible(state, settings),
    willing: isWilling(state, settings),
    lastHeldTerm: state.recordAsked.lastHeldTerm,
    inSync: state.replication.inSync,
    // Whoever has data knows that there is some, whatever its record says.
    pairServed: pairHasServed(state) || state.replication.data === "own",
    lanCarrier: state.carrier.lan.up,
    pingNodesReached: state.pings.reached,
    configuration: state.configuration.id,
    understands: !peerIsNotUnderstood(state, settings),
  };
};

const isNews = (said: Heartbeat, now: Heartbeat): boolean =>
  said.role !== now.role ||
  said.term !== now.term ||
  said.handover !== now.handover ||
  said.eligible !== now.eligible ||
  said.willing !== now.willing ||
  said.lanCarrier !== now.lanCarrier;

/** A release must be heard, and a lost carrier decided on, within a tick or two rather than a heartbeat. */
const isUrgent = (heartbeat: Heartbeat, state: HaState, settings: HaSettings): boolean => {
  const peer = alivePeer(state, settings);
  return (
    heartbeat.handover === "released" ||
    (peer !== undefined && peer.lanCarrier !== heartbeat.lanCarrier)
  );
};

const peerDoesNotHear = (event: HaEvent): boolean =>
  event.kind === "heartbeatReceived" && event.heartbeat.echoSession === undefined;

/** Half a tick early is better than half a tick late. */
const hasPassed = (interval: Millis, since: Instant, { now }: HaState, { tickMs }: HaSettings) =>
  elapsed(since, now) + tickMs / 2 >= interval;

const isDue = (state: HaState, settings: HaSettings, heartbeat: Heartbeat, event: HaEvent) => {
  const { said } = state;
  if (said === undefined || isNews(said.heartbeat, heartbeat) || peerDoesNotHear(event))
    return true;
  const interval = isUrgent(heartbeat, state, settings) ? settings.tickMs : settings.heartbeatMs;
  return hasPassed(interval, said.at, state, settings);
};

const say = (state: HaState, heartbeat: Heartbeat): Outcome => {
  const spoken = draftOf(state);
  spoken.said = { at: state.now, heartbeat };
  return outcome(spoken, { kind: "sendHeartbeat", heartbeat });
};

/** What a node says that has nothing new to say, when it is time for it. */
export const sayAgain = (state: HaState, settings: HaSettings): Outcome => {
  const { said } = state;
  return said !== undefined && hasPassed(settings.heartbeatMs, said.at, state, settings)
    ? say(state, said.heartbeat)
    : outcome(state);
};

/** Sends a heartbeat when one is due, and at once when there is news. A node that listens does not speak. */
export const speak = (state: HaState, settings: HaSettings, event: HaEvent): Outcome => {
  if (!settings.paired || state.role === "fenced" || isListening(state, settings))
    return outcome(state);
  const heartbeat = compose(state, settings);
  return isDue(state, settings, heartbeat, event) ? say(state, heartbeat) : outcome(state);
};
