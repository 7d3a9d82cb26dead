import type { Condition } from "./condition.ts";
import { isEligible, isFit, isWilling } from "./eligibility.ts";
import { heardSince } from "./observe.ts";
import {
  addressesDiffer,
  alivePeer,
  claimant,
  claimsRole,
  deadTime,
  hasRole,
  heardAt,
  heardOn,
  peerClaimWins,
  peerIsNotUnderstood,
  peerIsSilent,
  silence,
} from "./peer.ts";
import type { ReceivedHeartbeat } from "./heartbeat.ts";
import { grants } from "./plan.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import { within } from "./state.ts";
import { elapsed, millis } from "./time.ts";

/** The peer's handover word, counted only when it answers to this session of this node (rule 17). */
const peerSays = (state: HaState, settings: HaSettings, word: string): boolean =>
  alivePeer(state, settings)?.handover === word;

/** Neighbour probes take about 0.2 s to fall silent (rule 21). */
const NEIGHBOUR_MS = millis(300);

/** Woken from a pause or a restart, and not yet sure what happened meanwhile. */
export const isListening: Condition = (state, settings) => {
  if (state.wokeAt === undefined || heardSince(state, state.wokeAt)) return false;
  const waited = elapsed(state.wokeAt, state.now);
  if (waited < settings.listenMs) return true;
  return (
    state.address === "held" &&
    state.suspicion?.neighbourAnswered === undefined &&
    waited < settings.listenMs + NEIGHBOUR_MS
  );
};

const isUnfit: Condition = (state, settings) => !isFit(state, settings);

const lostPingNodesWithPeer: Condition = (state, settings) => {
  const { lostAt } = state.pings;
  const last = heardAt(state);
  return (
    lostAt !== undefined &&
    last !== undefined &&
    Math.abs(elapsed(last, lostAt)) <= settings.togetherMs
  );
};

/** Cut off from peer and LAN at once: the peer will take over, so the address must go first (rule 6). */
export const isIsolated: Condition = (state, settings) =>
  heardAt(state) !== undefined &&
  silence(state) >= settings.yieldMs &&
  (!state.carrier.lan.up || lostPingNodesWithPeer(state, settings));

/** The first heartbeat after a gap cannot tell what the peer hears since; the next one can. */
const spokeSinceContact: Condition = (state, settings) => {
  const { contactSince } = state.peer;
  const last = heardAt(state);
  return (
    contactSince !== undefined &&
    last !== undefined &&
    elapsed(contactSince, last) >= settings.heartbeatMs - settings.tickMs
  );
};

/**
 * The peer's next heartbeat can be waited for: it comes before the peer takes over, or the peer has the
 * role already, or it would have taken over long ago.
 */
const mayAskAgain = (state: HaState, settings: HaSettings, peer: ReceivedHeartbeat): boolean => {
  const { unheardMs } = state.peer;
  const dead = deadTime(state, settings);
  const release = settings.heartbeatMs + settings.releaseMaxMs + 2 * settings.tickMs;
  return claimsRole(peer) || unheardMs + release < dead || unheardMs >= 2 * dead;
};

/**
 * The peer lives, hears nothing of this node and will take over at its dead time: the address must be
 * gone by then, as for an isolated node, and the same inequality of the timers makes sure of it.
 */
export const isUnheard: Condition = (state, settings) => {
  const peer = alivePeer(state, settings);
  return (
    peer?.willing === true &&
    peer.understands &&
    peer.role !== "fenced" &&
    peer.lanCarrier &&
    peer.pingNodesReached >= state.pings.reached &&
    state.peer.unheardMs >= settings.yieldMs &&
    (spokeSinceContact(state, settings) || !mayAskAgain(state, settings, peer))
  );
};

/** Cannot see the LAN as well as the peer last could, or not for as long as a silence takes: no ground to take over on (rule 6). */
export const seesLessThanPeer: Condition = (state, settings) =>
  !state.carrier.lan.up ||
  within(state, state.carrier.lan.since, deadTime(state, settings)) ||
  within(state, state.pings.regainedAt, deadTime(state, settings)) ||
  state.pings.reached < (state.peer.heartbeat?.pingNodesReached ?? 0);

/** SIP questions in a row without an answer, after which it is not served. One comes every 200 ms. */
const MISSES = 5;

/** SIP through the shared address answers although the peer's daemon does not (rule 5). */
export const isServedElsewhere: Condition = (state, settings) =>
  !settings.canFencePeer &&
  state.suspicion?.serviceAnswered === true &&
  state.suspicion.serviceMisses < MISSES;

/**
 * Somebody's kernel answers for the address, so that node has power and a cable; whether SIP answers
 * through it is not sure before some probes: on a node under load an answer may come late (rule 5).
 */
export const mayBeServed: Condition = (state) =>
  state.suspicion?.neighbourAnswered === true &&
  state.suspicion.serviceAnswered !== true &&
  state.suspicion.serviceMisses < MISSES;

export const isAnsweredElsewhere: Condition = (state) =>
  state.suspicion?.neighbourAnswered === true;

/** At boot nothing is known of the peer: the LAN's answer is waited for. */
export const awaitsProbes: Condition = (state) =>
  state.suspicion?.neighbourAnswered === undefined ||
  (state.suspicion.neighbourAnswered && state.suspicion.serviceAnswered === undefined);

export const isGranted: Condition = (state, settings) => {
  const peer = alivePeer(state, settings);
  return (
    peer?.handover === "released" &&
    peer.term > state.claimTerm &&
    peer.echoSession !== undefined &&
    !addressesDiffer(state, settings)
  );
};

export const peerPrepares: Condition = (state, settings) => peerSays(state, settings, "prepare");

export const peerHasRole: Condition = (state, settings) => {
  const peer = alivePeer(state, settings);
  return peer !== undefined && hasRole(peer);
};

export const peerClaims: Condition = (state, settings) => claimant(state, settings) !== undefined;

export const losesToPeer: Condition = (state, settings) => {
  const peer = claimant(state, settings);
  return peer !== undefined && peerClaimWins(state, settings, peer);
};

/** Before the address is there a claim gives way to anybody who already has the role. */
export const claimsWhatPeerHas: Condition = (state, settings) =>
  state.address !== "held" &&
  state.plan?.kind === "takeOver" &&
  claimant(state, settings)?.role === "active";

export const isSilent: Condition = peerIsSilent;

export const isHeard: Condition = (state, settings) => alivePeer(state, settings) !== undefined;

export const isNotUnderstood: Condition = peerIsNotUnderstood;

export const disagreesOnAddresses: Condition = addressesDiffer;

/** Of two nodes without the role: the eligible one, then the one that held it last, then the lower rank. */
export const leads: Condition = (state, settings) => {
  const peer = alivePeer(state, settings);
  if (peer === undefined || !isWilling(state, settings)) return false;
  if (isUnheard(state, settings) || isIsolated(state, settings)) return false;
  if (!peer.willing || peer.role === "fenced") return true;
  const mine = isEligible(state, settings);
  if (mine !== peer.eligible) return mine;
  const held = state.recordAsked.lastHeldTerm - peer.lastHeldTerm;
  return held === 0 ? settings.rank === 0 : held > 0;
};

const peerIsFree: Condition = (state, settings) => {
  const peer = alivePeer(state, settings);
  return peer?.eligible === true && !hasRole(peer) && !addressesDiffer(state, settings);
};

const peerCanTake: Condition = (state, settings) =>
  peerIsFree(state, settings) && alivePeer(state, settings)?.inSync === true;

/**
 * A database that hangs here cannot confirm any more that the peer has everything: that it had it just before counts,
 * unless the crosslink is cut, for then this node may have written on without it.
 */
const IN_SYNC_LATELY_MS = millis(10_000);

const peerCanRescue: Condition = (state, settings) =>
  peerCanTake(state, settings) ||
  (peerIsFree(state, settings) &&
    heardOn(state, "crosslink", settings) &&
    within(state, state.peer.inSyncAt, IN_SYNC_LATELY_MS));

/** Its own eth0 is dead and the peer, asked after both had time to notice, still has carrier (rule 7). */
export const lostLanAlone: Condition = (state, settings) => {
  const { up, since } = state.carrier.lan;
  const peer = alivePeer(state, settings);
  const settled = millis(since + settings.carrierSettleMs);
  const last = heardAt(state);
  return (
    !up &&
    peer?.willing === true &&
    peer.lanCarrier &&
    last !== undefined &&
    last >= settled &&
    !addressesDiffer(state, settings)
  );
};

const recentHandOvers = (state: HaState, settings: HaSettings): number =>
  state.unfitHandOvers.filter((at) => within(state, at, settings.unfitWindowMs)).length;

/** Unfit, and the peer is not: at most a few times, so that two half-dead nodes do not throw the role back and forth (rule 8). */
export const shouldYieldForUnfitness: Condition = (state, settings) =>
  isUnfit(state, settings) &&
  peerCanRescue(state, settings) &&
  recentHandOvers(state, settings) < settings.unfitHandoversMax;

export const peerReachesMore: Condition = (state, settings) =>
  state.peer.reachesMoreSince !== undefined &&
  !within(state, state.peer.reachesMoreSince, settings.pingAdvantageMs) &&
  peerCanTake(state, settings);

/** The LAN is gone for this node though its carrier is up: nobody is served here, so there is nothing to wait for. */
export const reachesNobody: Condition = (state, settings) =>
  state.pings.total > 0 && state.pings.reached === 0 && peerReachesMore(state, settings);

export const operatorWantsStandby: Condition = (state) =>
  state.command?.command.kind === "makeStandby";

/** The peer's operator asked for the role there; what the peer lacks matters unless it was forced. */
export const peerWantsRole: Condition = (state, settings) => {
  const peer = alivePeer(state, settings);
  return (
    peer?.handover === "wanted" &&
    peer.echoSession !== undefined &&
    (peer.forced || peerCanTake(state, settings))
  );
};

export const isShuttingDown: Condition = (state) => state.shuttingDown;

export const canHandOver: Condition = (state, settings) => {
  const peer = alivePeer(state, settings);
  return peer?.willing === true && !claimsRole(peer) && !addressesDiffer(state, settings);
};

export const planFailed = (state: HaState): boolean => state.plan?.failed !== undefined;

export const planOverran: Condition = (state) =>
  state.plan !== undefined && state.now >= state.plan.deadline;

/** The release is due and did not come in time: only a reboot is sure now (rule 4). */
export const releaseOverran: Condition = (state, settings) =>
  state.plan?.releaseDueSince !== undefined &&
  state.address !== "released" &&
  elapsed(state.plan.releaseDueSince, state.now) > settings.releaseMaxMs;

/** The address is free, was granted to the peer, and the peer has not said that it holds it. */
export const awaitsPeer: Condition = (state) =>
  grants(state.plan) &&
  state.address === "released" &&
  state.plan.done.address < state.plan.items.address.length;
