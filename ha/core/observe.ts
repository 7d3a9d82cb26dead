import { draftOf } from "./copy.ts";
import type { HaEvent } from "./event.ts";
import type { LinkName } from "./heartbeat.ts";
import { settle } from "./lanes.ts";
import { paceMs } from "./pace.ts";
import { configurationDiffers, deadTime, heardAt as lastHeardAt } from "./peer.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState, PeerFacts, Suspicion } from "./state.ts";
import type { Instant, Millis } from "./time.ts";
import { after, elapsed, instant, millis } from "./time.ts";

type Seen<Kind extends HaEvent["kind"]> = Extract<HaEvent, { kind: Kind }>;

const shifted = (from: Instant | undefined, by: Millis, now: Instant): Instant | undefined =>
  from === undefined ? undefined : instant(Math.min(now, from + by));

/**
 * A node that stalled was deaf meanwhile: it forgives the peer's silence, and its own steps their
 * deadlines, for as long as it stalled. An active node does not forgive: it yields the sooner.
 */
const forgive = (state: HaState, stalled: Millis): HaState => {
  const { now, plan, role } = state;
  const { crosslink, lan } = state.peer.heardAt;
  return {
    ...state,
    peer:
      role === "active"
        ? state.peer
        : {
            ...state.peer,
            heardAt: {
              crosslink: shifted(crosslink, stalled, now),
              lan: shifted(lan, stalled, now),
            },
          },
    plan:
      plan === undefined
        ? undefined
        : {
            ...plan,
            deadline: after(plan.deadline, stalled),
            releaseDueSince: shifted(plan.releaseDueSince, stalled, now),
          },
  };
};

/** The peer as a node sees it that slept longer than the dead time: it knows nothing of now. */
const wakeUp = (state: HaState): HaState => ({
  ...state,
  wokeAt: state.now,
  suspicion: undefined,
  said: undefined,
});

/** Looks at the gap since the last event before anything else (rule 12). */
export const passTime = (state: HaState, at: Instant, settings: HaSettings): HaState => {
  const gap = elapsed(state.now, at);
  const later = draftOf(state);
  later.now = instant(Math.max(at, state.now));
  if (gap <= paceMs(state, settings) + settings.tickMs) return later;
  const forgiven = forgive(later, millis(gap - settings.tickMs));
  return gap > deadTime(state, settings) ? wakeUp(forgiven) : forgiven;
};

const noteAdvantage = (state: HaState): HaState => {
  const reachesMore =
    state.peer.heartbeat !== undefined &&
    state.peer.heartbeat.pingNodesReached > state.pings.reached;
  const since = reachesMore ? (state.peer.reachesMoreSince ?? state.now) : undefined;
  return since === state.peer.reachesMoreSince
    ? state
    : { ...state, peer: { ...state.peer, reachesMoreSince: since } };
};

const endSuspicion = (state: HaState): HaState =>
  state.suspicion === undefined ? state : { ...state, suspicion: undefined };

/** Two heartbeats in a row are missing: what the peer says it heard is older than the gap, and counts only when it speaks again. */
const contactSince = (state: HaState, settings: HaSettings): Instant => {
  const last = lastHeardAt(state);
  const since = state.peer.contactSince;
  return last === undefined ||
    since === undefined ||
    elapsed(last, state.now) > 2 * settings.heartbeatMs - settings.tickMs
    ? state.now
    : since;
};

const heard = (state: HaState, event: Seen<"heartbeatReceived">, settings: HaSettings): HaState => {
  const { link, heartbeat, unheardMs } = event;
  const before = state.peer.heartbeat;
  const stale =
    before !== undefined &&
    before.session === heartbeat.session &&
    heartbeat.sequence < before.sequence;
  const { heardAt, refusedAt, strangeAt, reachesMoreSince, inSyncAt } = state.peer;
  // Named one by one for the same reason as in `draftOf`.
  const peer: PeerFacts = {
    heartbeat: stale ? before : heartbeat,
    heardAt: {
      crosslink: link === "crosslink" ? state.now : heardAt.crosslink,
      lan: link === "lan" ? state.now : heardAt.lan,
    },
    unheardMs: stale ? state.peer.unheardMs : unheardMs,
    contactSince: contactSince(state, settings),
    refusedAt,
    strangeAt,
    reachesMoreSince,
    inSyncAt: heartbeat.inSync ? state.now : inSyncAt,
  };
  // A granted term is the receiver's to claim: it becomes known when it is claimed.
  const term =
    heartbeat.handover === "released" ? state.term : Math.max(state.term, heartbeat.term);
  const known = draftOf(state);
  known.peer = peer;
  known.term = term;
  return noteDifference(noteAdvantage(endSuspicion(known)));
};

const refused = (state: HaState, { link, reason }: Seen<"datagramRefused">): HaState => {
  if (reason === "strangeNode") return { ...state, peer: { ...state.peer, strangeAt: state.now } };
  // The LAN is open to everybody: only the crosslink can say that the peer lives (rule 16).
  return link === "crosslink" ? { ...state, peer: { ...state.peer, refusedAt: state.now } } : state;
};

const carrierSeen = (state: HaState, link: LinkName, up: boolean): HaState =>
  state.carrier[link].up === up
    ? state
    : { ...state, carrier: { ...state.carrier, [link]: { up, since: state.now } } };

/** Both nodes say what they work with; from the first difference on it is counted. */
const noteDifference = (state: HaState): HaState => {
  const since = configurationDiffers(state)
    ? (state.configuration.differsSince ?? state.now)
    : undefined;
  return since === state.configuration.differsSince
    ? state
    : { ...state, configuration: { ...state.configuration, differsSince: since } };
};

const configured = (state: HaState, { id, drifted }: Seen<"configurationReported">): HaState =>
  noteDifference({ ...state, configuration: { ...state.configuration, id, drifted } });

const pinged = (state: HaState, { reached, total }: Seen<"pingNodesProbed">): HaState => {
  const before = state.pings;
  const lostAt = reached > 0 || total === 0 ? undefined : (before.lostAt ?? state.now);
  const regained = reached > 0 && before.lostAt !== undefined;
  const regainedAt = regained ? state.now : before.regainedAt;
  return noteAdvantage({ ...state, pings: { reached, total, lostAt, regainedAt } });
};

const withSuspicion = (state: HaState, change: Partial<Suspicion>): HaState =>
  state.suspicion === undefined
    ? state
    : { ...state, suspicion: { ...state.suspicion, ...change } };

const served = (state: HaState, { answered }: Seen<"serviceProbed">): HaState =>
  withSuspicion(state, {
    serviceAnswered: answered || (state.suspicion?.serviceAnswered ?? false),
    serviceMisses: answered ? 0 : (state.suspicion?.serviceMisses ?? 0) + 1,
  });

/** After a contest the addresses are announced for some seconds: the loser's last word may stand in caches. */
const CONTEST_MS = millis(5_000);

/** On the active node an answer means that two machines serve one address. */
const neighbourSeen = (state: HaState, { answered }: Seen<"neighbourProbed">): HaState =>
  state.role === "active" && answered && state.suspicion === undefined
    ? { ...state, contestedUntil: after(state.now, CONTEST_MS) }
    : withSuspicion(state, { neighbourAnswered: answered });

/** A step in flight changes the addresses itself, and says so when it is done. */
const addressesSeen = (state: HaState, { held }: Seen<"addressesSeen">): HaState =>
  state.lanes.address === undefined ? { ...state, address: held ? "held" : "released" } : state;

const saved = (state: HaState, { term }: Seen<"recordSaved">): HaState => ({
  ...state,
  record: { ...state.recordAsked, term: Math.max(term, state.record.term) },
});

const replicated = (
  state: HaState,
  { inSync, detail, data = "own" }: Seen<"replicationReported">,
): HaState => ({ ...state, replication: { inSync, detail, data } });

type Fold = (state: HaState, event: HaEvent, settings: HaSettings) => HaState;

/** Turns an event into what is known. Decides nothing. */
export const observe: Fold = (state, event, settings) => {
  switch (event.kind) {
    case "tick":
    case "commandReceived":
    case "queueOverrun":
      return state;
    case "heartbeatReceived":
      return heard(state, event, settings);
    case "datagramRefused":
      return refused(state, event);
    case "carrierChanged":
      return carrierSeen(state, event.link, event.up);
    case "pingNodesProbed":
      return pinged(state, event);
    case "neighbourProbed":
      return neighbourSeen(state, event);
    case "serviceProbed":
      return served(state, event);
    case "addressesSeen":
      return addressesSeen(state, event);
    case "fitnessReported":
      return { ...state, unfitReasons: event.reasons };
    case "replicationReported":
      return replicated(state, event);
    case "configurationReported":
      return configured(state, event);
    case "recordSaved":
      return saved(state, event);
    case "stepSucceeded":
      return settle(state, event.id, undefined);
    case "stepFailed":
      return settle(state, event.id, event.reason);
    case "shutdownRequested":
      return { ...state, shuttingDown: true };
  }
};

/** True when the peer was heard since `from`. */
export const heardSince = (state: HaState, from: Instant): boolean => {
  const last = lastHeardAt(state);
  return last !== undefined && last >= from;
};
