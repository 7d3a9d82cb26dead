import { losesToPeer, peerClaims, peerHasRole, peerPrepares } from "./conditions.ts";
import type { RoleRecord } from "./effect.ts";
import { failedJustNow, pairHasServed } from "./eligibility.ts";
import type { Outcome } from "./outcome.ts";
import { outcome, then } from "./outcome.ts";
import { isDeadOn, peerIsSuspect } from "./peer.ts";
import { planIsDone, startPlan } from "./plan.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import { elapsedSince, within } from "./state.ts";
import { after, millis } from "./time.ts";

const PROBE_EVERY_MS = millis(200);
const ANNOUNCE_EVERY_MS = millis(1_000);
/** How often an active node looks for somebody else at its addresses: now and then, and often in a contest. */
const CONFLICT_EVERY_MS = millis(10_000);
/** After a contest the winner announces for some seconds: the loser's last announcement may stand in caches. */
const AFTER_CONTEST_MS = millis(5_000);
/** At boot the LAN is asked shortly before the wait for the peer is over. */
const BOOT_LEAD_MS = millis(500);

const isSuspicious = (state: HaState, settings: HaSettings): boolean => {
  if (state.wokeAt !== undefined && state.address === "held") return true;
  if (state.role === "standby") return peerIsSuspect(state, settings);
  return (
    state.role === "starting" &&
    peerIsSuspect(state, settings) &&
    elapsedSince(state, state.bornAt) >= settings.initialDeadMs - BOOT_LEAD_MS
  );
};

/** A suspect peer: ask the LAN who serves the address, again and again while it stays silent (rule 2). */
export const suspect = (state: HaState, settings: HaSettings): Outcome => {
  if (!isSuspicious(state, settings)) return outcome(state);
  const { suspicion, now } = state;
  if (suspicion === undefined) {
    const begun = {
      since: now,
      askedAt: now,
      neighbourAnswered: undefined,
      serviceAnswered: undefined,
      serviceMisses: 0,
    };
    return outcome({ ...state, suspicion: begun }, { kind: "probePeerService" });
  }
  return within(state, suspicion.askedAt, PROBE_EVERY_MS)
    ? outcome(state)
    : outcome(
        { ...state, suspicion: { ...suspicion, askedAt: now } },
        { kind: "probePeerService" },
      );
};

const isIdle = (state: HaState): boolean =>
  state.plan === undefined || state.plan.failed !== undefined || planIsDone(state.plan);

/** Somebody added or removed a shared address behind this daemon's back, or a step failed: the role says what holds. */
export const keepAddress = (state: HaState, settings: HaSettings): Outcome => {
  const { role, address, term } = state;
  if (!isIdle(state) || state.lanes.address !== undefined || failedJustNow(state, settings))
    return outcome(state);
  if (role === "active" && address !== "held" && state.wokeAt === undefined)
    return outcome(startPlan(state, settings, { kind: "adopt", term }));
  return role === "standby" && address !== "released"
    ? outcome(startPlan(state, settings, { kind: "standDown", term }))
    : outcome(state);
};

/** Brings the services to what the role needs, where no plan is about to: after a start, a failure, a preparation for nothing. */
export const keepServices = (state: HaState, settings: HaSettings): Outcome => {
  if (!isIdle(state) || state.lanes.services !== undefined || failedJustNow(state, settings))
    return outcome(state);
  const { role, services, term } = state;
  if (role === "active" && services !== "open")
    return outcome(startPlan(state, settings, { kind: "openUp", term }));
  const prepares = services === "prepared" && peerPrepares(state, settings);
  return role === "standby" && services !== "closed" && !prepares
    ? outcome(startPlan(state, settings, { kind: "closeUp", term }))
    : outcome(state);
};

/** The term a claim would need is put on disk before it is needed (rules 2, 13). */
const reservesTerm = (state: HaState, settings: HaSettings): boolean =>
  settings.paired && !state.held && state.role === "standby";

/** A node that goes down with the role, and hands it to nobody, was active last. */
const lastRole = (state: HaState, settings: HaSettings): RoleRecord["role"] => {
  if (state.role === "active") return "active";
  const isStandby =
    state.role === "standby" && (!state.shuttingDown || peerHasRole(state, settings));
  return isStandby ? "standby" : state.recordAsked.role;
};

const isSame = (one: RoleRecord, other: RoleRecord): boolean =>
  one.term === other.term &&
  one.role === other.role &&
  one.lastHeldTerm === other.lastHeldTerm &&
  one.held === other.held &&
  (one.pairServed ?? false) === (other.pairServed ?? false);

/** Asks for a new record when what is on disk no longer says who was active last. */
export const remember = (state: HaState, settings: HaSettings): Outcome => {
  const asked = state.recordAsked;
  const reserved = reservesTerm(state, settings) ? state.term + 1 : 0;
  const active = state.role === "active";
  const record: RoleRecord = {
    term: Math.max(asked.term, reserved, active ? state.claimTerm : 0),
    role: lastRole(state, settings),
    lastHeldTerm: active ? state.claimTerm : asked.lastHeldTerm,
    held: state.held,
    pairServed: pairHasServed(state),
  };
  return isSame(record, asked)
    ? outcome(state)
    : outcome({ ...state, recordAsked: record }, { kind: "saveRecord", record });
};

const noteContest = (state: HaState, settings: HaSettings): HaState =>
  state.role === "active" && peerClaims(state, settings) && !losesToPeer(state, settings)
    ? { ...state, contestedUntil: after(state.now, AFTER_CONTEST_MS) }
    : state;

/**
 * Semi-synchronous commits would stall for their whole timeout on a standby that is gone (rule 23), or that
 * cannot be reached: replication has the crosslink alone. A proxy whose writes stall for 2 s answers nobody.
 */
export const loosen = (state: HaState, settings: HaSettings): Outcome => {
  const silent = state.role === "active" && isDeadOn(state, "crosslink", settings);
  if (silent !== state.waitsForPeer) return outcome(state);
  const changed = { ...state, waitsForPeer: !silent };
  return silent ? outcome(changed, { kind: "stopWaitingForPeer" }) : outcome(changed);
};

const askForConflict = (state: HaState, contested: boolean): Outcome => {
  const every = contested ? ANNOUNCE_EVERY_MS : CONFLICT_EVERY_MS;
  return within(state, state.conflictAskedAt ?? state.roleSince, every)
    ? outcome(state)
    : outcome({ ...state, conflictAskedAt: state.now }, { kind: "probeNeighbour" });
};

/** Looks for somebody else at the addresses, and announces them every second while there is (rule 5). */
export const announce = (state: HaState, settings: HaSettings): Outcome => {
  if (state.role !== "active") return outcome(state);
  const noted = noteContest(state, settings);
  const contested = noted.contestedUntil !== undefined && noted.now < noted.contestedUntil;
  return then(askForConflict(noted, contested), (asked) =>
    !contested || within(asked, asked.announcedAt, ANNOUNCE_EVERY_MS)
      ? outcome(asked)
      : outcome({ ...asked, announcedAt: asked.now }, { kind: "announceSharedAddresses" }),
  );
};

/** Nothing is held and nothing runs here for the role: the daemon may end. */
export const leave = (state: HaState): Outcome => {
  const idle =
    (state.role === "standby" || state.role === "starting") && state.address === "released";
  const quiet = state.lanes.address === undefined && state.lanes.services === undefined;
  return state.shuttingDown && !state.exitAsked && idle && quiet && isIdle(state)
    ? outcome({ ...state, exitAsked: true }, { kind: "exit" })
    : outcome(state);
};
