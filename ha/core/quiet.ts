import type { HaEvent } from "./event.ts";
import type { ReceivedHeartbeat } from "./heartbeat.ts";
import { isCalm, paceMs } from "./pace.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import { elapsed } from "./time.ts";

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
 * about is decided at the next tick, which in a pair at rest is due with the next heartbeat at the latest. Of all that
 * happens to a pair at rest two thirds are such heartbeats, and deciding anew that nothing is to be done took a sixth of
 * the daemon's processor time (measured).
 */
export const isQuiet = (state: HaState, event: HaEvent, settings: HaSettings): boolean => {
  if (event.kind !== "heartbeatReceived" || !isCalm(state)) return false;
  const { link, heartbeat, unheardMs } = event;
  const known = state.peer.heartbeat;
  const heardAt = state.peer.heardAt[link];
  return (
    known !== undefined &&
    heartbeat.echoSession !== undefined &&
    heardAt !== undefined &&
    elapsed(heardAt, event.at) <= 2 * settings.heartbeatMs &&
    elapsed(state.now, event.at) <= paceMs(state, settings) &&
    unheardMs < settings.yieldMs &&
    saysTheSame(known, heartbeat)
  );
};
