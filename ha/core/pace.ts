import { planIsDone } from "./plan.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import type { Instant, Millis } from "./time.ts";
import { after, millis } from "./time.ts";

/** Nothing is under way on this node, and nothing of it waits for a deadline shorter than a heartbeat. */
const restsItself = (state: HaState): boolean =>
  (state.plan === undefined || planIsDone(state.plan)) &&
  state.lanes.address === undefined &&
  state.lanes.services === undefined &&
  state.command === undefined &&
  state.suspicion === undefined &&
  state.wokeAt === undefined &&
  (state.contestedUntil === undefined || state.now >= state.contestedUntil) &&
  !state.shuttingDown;

/** One node is active, the other stands by, and both see all of their networks. */
const pairIsWhole = ({ role, peer, carrier, pings }: HaState): boolean => {
  const other = peer.heartbeat?.role;
  return (
    ((role === "active" && other === "standby") || (role === "standby" && other === "active")) &&
    carrier.crosslink.up &&
    carrier.lan.up &&
    pings.reached === pings.total
  );
};

const isCalm = (state: HaState): boolean =>
  state.peer.heardAt.crosslink !== undefined &&
  state.peer.heardAt.lan !== undefined &&
  restsItself(state) &&
  pairIsWhole(state);

/** The longest that nothing at all may happen to a node: a tick is due by then. */
export const paceMs = (state: HaState, settings: HaSettings): Millis =>
  isCalm(state) ? settings.heartbeatMs : settings.tickMs;

/**
 * When the next tick is due. In a pair at rest ticks come with the heartbeats: a wake-up of the process costs more than
 * what is done in it (0.15 ms of an empty one, measured). From two heartbeats after the last one of the peer on, before
 * which no deadline of a silence lies, they come every `tickMs`, and so whenever anything is under way.
 */
export const nextTickAt = (state: HaState, settings: HaSettings, lastTickAt: Instant): Instant => {
  const { heartbeatMs, tickMs } = settings;
  const soonest = after(lastTickAt, tickMs);
  const { crosslink, lan } = state.peer.heardAt;
  if (!isCalm(state) || crosslink === undefined || lan === undefined) return soonest;
  const heartbeatAt = after(state.said?.at ?? lastTickAt, heartbeatMs);
  const silenceAt = after(crosslink < lan ? crosslink : lan, millis(2 * heartbeatMs));
  const dueAt = heartbeatAt < silenceAt ? heartbeatAt : silenceAt;
  return dueAt < soonest ? soonest : dueAt;
};
