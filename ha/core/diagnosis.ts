import * as is from "./conditions.ts";
import * as own from "./eligibility.ts";
import { elapsedSince } from "./state.ts";
import type { Condition } from "./condition.ts";
import type { Role } from "./heartbeat.ts";
import { planIsDone } from "./plan.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";

/** One rule: the diagnosis holds when all conditions do. */
interface Rule<Name extends string> {
  readonly name: Name;
  readonly holds: Condition;
}

const rule = <Name extends string>(
  name: Name,
  ...conditions: readonly Condition[]
): Rule<Name> => ({
  name,
  holds: (state, settings) => conditions.every((condition) => condition(state, settings)),
});

const not =
  (condition: Condition): Condition =>
  (state, settings) =>
    !condition(state, settings);

const any =
  (...conditions: readonly Condition[]): Condition =>
  (state, settings) =>
    conditions.some((condition) => condition(state, settings));

const holdsAddress: Condition = (state) => state.address === "held";
const addressIsFree: Condition = (state) => state.address === "released";
const wasActiveLast: Condition = (state) => state.record.role === "active";
const isAllowedAlone: Condition = (state) => state.aloneAllowed;
const bootIsYoung: Condition = (state, settings) =>
  elapsedSince(state, state.bornAt) < settings.initialDeadMs;
const waitIsOver: Condition = (state, settings) =>
  elapsedSince(state, state.bornAt) >= settings.initialDeadMs + settings.aloneWaitMs;
const planIsThrough: Condition = (state) => state.plan === undefined || planIsDone(state.plan);
const isKind =
  (...kinds: readonly string[]): Condition =>
  (state) =>
    state.plan !== undefined && kinds.includes(state.plan.kind);
const grantIsStale: Condition = (state, settings) =>
  is.awaitsPeer(state, settings) &&
  (is.isSilent(state, settings) ||
    elapsedSince(state, state.plan?.releaseDueSince) >= settings.handOverMaxMs);
const peerIsReady: Condition = (state) => state.peer.heartbeat?.handover === "ready";
const prepareIsOver: Condition = (state, settings) =>
  state.plan?.kind === "handOver" &&
  !state.plan.insists &&
  state.plan.done.address === 0 &&
  !peerIsReady(state, settings) &&
  elapsedSince(state, state.plan.startedAt) >= settings.prepareMaxMs;

/** First match wins: the order is the order of urgency. */
const STARTING = [
  rule("notPaired", own.isUnpaired),
  rule("listening", is.isListening),
  rule("leavingIdle", is.isShuttingDown, addressIsFree),
  rule("leavingWithAddress", is.isShuttingDown),
  rule("adoptedTooLate", holdsAddress, any(is.peerClaims, own.isHeld, own.hearsStranger)),
  rule("adoptedDoubtful", holdsAddress, is.isAnsweredElsewhere),
  rule("adopted", holdsAddress),
  rule("peerHeard", is.isHeard),
  rule("bootIsYoung", bootIsYoung),
  rule("strangeNode", own.hearsStranger),
  rule("onHold", own.isHeld),
  rule("peerNotUnderstood", is.isNotUnderstood),
  rule("failedJustNow", own.failedJustNow),
  rule("awaitingProbes", is.awaitsProbes),
  rule("servedElsewhere", is.isServedElsewhere),
  rule("lacksData", own.lacksData),
  rule("aloneLastActive", wasActiveLast),
  rule("aloneAllowed", isAllowedAlone),
  rule("aloneWaitOver", waitIsOver),
  rule("waitingAlone"),
] as const;

const STANDBY = [
  rule("leavingIdle", is.isShuttingDown),
  rule("notPaired", own.isUnpaired),
  rule("listening", is.isListening),
  rule("strangeNode", own.hearsStranger),
  rule("lacksData", own.lacksData),
  rule("granted", is.isGranted),
  rule("onHold", own.isHeld),
  rule("failedJustNow", own.failedJustNow),
  rule("peerPrepares", is.peerPrepares, not(isKind("prepare"))),
  rule("peerHasRole", is.peerHasRole),
  rule("leads", not(is.isSilent), is.leads),
  rule("peerLeads", not(is.isSilent)),
  rule("peerNotUnderstood", is.isNotUnderstood),
  rule("addressesDiffer", is.disagreesOnAddresses),
  rule("seesLessThanPeer", is.seesLessThanPeer),
  rule("servedElsewhere", is.isServedElsewhere),
  rule("mayBeServed", is.mayBeServed),
  rule("peerSilent"),
] as const;

const PROMOTING = [
  rule("listening", is.isListening),
  rule("losesToPeer", is.losesToPeer),
  rule("alreadyTaken", is.claimsWhatPeerHas),
  rule("isolated", is.isIsolated),
  rule("unheard", is.isUnheard),
  rule("leaving", is.isShuttingDown),
  rule("addressFailed", is.planFailed, not(holdsAddress)),
  rule("servicesFailed", is.planFailed, is.canHandOver),
  rule("servicesFailedAlone", is.planFailed),
  rule("tooLong", is.planOverran, is.canHandOver),
  rule("tooLongAlone", is.planOverran, holdsAddress),
  rule("stuck", is.planOverran),
  rule("complete", planIsThrough),
  rule("underWay"),
] as const;

const ACTIVE = [
  rule("listening", is.isListening),
  rule("losesToPeer", is.losesToPeer),
  rule("replacedMeanwhile", (state) => state.wokeAt !== undefined, is.isAnsweredElsewhere),
  rule("isolated", is.isIsolated),
  rule("unheard", is.isUnheard),
  rule("lostLanAlone", is.lostLanAlone),
  rule("reachesNobody", is.reachesNobody),
  rule("lostData", own.hasLostData, is.canHandOver),
  rule("leaving", is.isShuttingDown, is.canHandOver),
  rule("leavingAlone", is.isShuttingDown),
  rule("operatorWantsStandby", is.operatorWantsStandby, is.canHandOver),
  rule("peerWantsRole", is.peerWantsRole),
  rule("unfit", is.shouldYieldForUnfitness),
  rule("peerReachesMore", is.peerReachesMore),
  rule("healthy"),
] as const;

const DEMOTING = [
  rule("listening", is.isListening),
  rule("losesToPeer", is.losesToPeer, holdsAddress, isKind("handOver")),
  rule("isolated", is.isIsolated, holdsAddress, isKind("handOver")),
  rule("unheard", is.isUnheard, holdsAddress, isKind("handOver")),
  rule("lostLanAlone", is.lostLanAlone, holdsAddress, isKind("handOver")),
  rule("reachesNobody", is.reachesNobody, holdsAddress, isKind("handOver")),
  rule("peerDied", is.isSilent, holdsAddress, isKind("handOver"), not(is.isShuttingDown)),
  rule("peerDiedLeaving", is.isSilent, holdsAddress, isKind("handOver")),
  rule("notReadyInTime", prepareIsOver),
  rule("grantNotTaken", grantIsStale, not(is.isShuttingDown)),
  rule("grantNotTakenLeaving", grantIsStale),
  rule("released", addressIsFree, not(is.awaitsPeer)),
  rule("underWay"),
] as const;

const FENCED = [rule("fenced")] as const;

/** What can be the matter with a node of each role. */
export const RULES = {
  starting: STARTING,
  standby: STANDBY,
  promoting: PROMOTING,
  active: ACTIVE,
  demoting: DEMOTING,
  fenced: FENCED,
} as const;

export type Diagnosis<R extends Role = Role> = (typeof RULES)[R][number]["name"];

/** Names what is the matter: the first rule of the role that holds. The last of each role always does. */
export const diagnose = (state: HaState, settings: HaSettings): Diagnosis => {
  const rules: readonly Rule<Diagnosis>[] = RULES[state.role];
  const found = rules.find(({ holds }) => holds(state, settings));
  return found?.name ?? "healthy";
};
