import type { HaEvent } from "./event.ts";
import type { ReceivedHeartbeat } from "./heartbeat.ts";
import { isCalm, paceMs } from "./pace.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import type { Instant } from "./time.ts";
import { elapsed } from "./time.ts";

type Heard = Extract<HaEvent, { kind: "heartbeatReceived" }>;

/** Every word of a heartbeat that something is decided by: all but the numbers that count it. */
const WORDS: readonly (keyof ReceivedHeartbeat)[] = [
  "role",
  "term",
  "handover",
  "forced",
  "eligible",
  "willing",
  "lastHeldTerm",
  "inSync",
  "lanCarrier",
  "pingNodesReached",
  "understands",
  "pairServed",
  "session",
  "echoSession",
  "deadMs",
  "sharedAddressesHash",
  "version",
  "configuration",
  "node",
];

const saysTheSame = (known: ReceivedHeartbeat, heartbeat: ReceivedHeartbeat): boolean =>
  WORDS.every((word) => known[word] === heartbeat[word]);

/**
 * A heartbeat that came in time to a pair at rest and repeats the one before. It is noted; what time alone may bring
 * about is decided at a tick. Of all that happens to a pair at rest two thirds are such heartbeats, and deciding anew that
 * nothing is to be done took a sixth of the daemon's processor time (measured).
 */
const repeatsTheLast = (state: HaState, event: Heard, settings: HaSettings): boolean => {
  const { link, heartbeat, unheardMs } = event;
  const known = state.peer.heartbeat;
  const heardAt = state.peer.heardAt[link];
  return (
    known !== undefined &&
    heartbeat.echoSession !== undefined &&
    heardAt !== undefined &&
    elapsed(heardAt, event.at) <= 2 * settings.heartbeatMs &&
    unheardMs < settings.yieldMs &&
    saysTheSame(known, heartbeat)
  );
};

/** Of so many ticks of a pair at rest one looks at everything. */
const TICKS_PER_LOOK = 4;

/**
 * A tick of a pair at rest that hears its peer on both links. No deadline of a silence lies before two heartbeats after the
 * last one; whatever else time alone may bring about is a matter of seconds, and is looked at every fourth time.
 */
const nothingIsDue = (state: HaState, at: Instant, settings: HaSettings): boolean => {
  const { heartbeatMs } = settings;
  const { crosslink, lan } = state.peer.heardAt;
  return (
    state.said !== undefined &&
    state.decidedAt !== undefined &&
    crosslink !== undefined &&
    lan !== undefined &&
    elapsed(state.decidedAt, at) < TICKS_PER_LOOK * heartbeatMs - settings.tickMs &&
    elapsed(crosslink < lan ? crosslink : lan, at) < 2 * heartbeatMs
  );
};

/** What happened changes nothing that is decided by: a node at rest notes it, and says again what it said before. */
export const isQuiet = (state: HaState, event: HaEvent, settings: HaSettings): boolean => {
  const isRoutine = event.kind === "heartbeatReceived" || event.kind === "tick";
  if (!isRoutine || !isCalm(state) || elapsed(state.now, event.at) > paceMs(state, settings))
    return false;
  return event.kind === "tick"
    ? nothingIsDue(state, event.at, settings)
    : repeatsTheLast(state, event, settings);
};
