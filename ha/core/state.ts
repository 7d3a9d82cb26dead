import type { AlarmName, Lane, PlanStep, RoleRecord } from "./effect.ts";
import type { Command, StepId } from "./event.ts";
import type { Heartbeat, LinkName, ReceivedHeartbeat, Role } from "./heartbeat.ts";
import type { Plan } from "./plan.ts";
import type { Instant, Millis } from "./time.ts";
import { millis } from "./time.ts";

/** What this kernel holds; `unknown` while a step that changes it has not settled well. */
export type AddressFact = "held" | "released" | "unknown";

/** What the services lane last brought about. */
export type ServicesFact = "open" | "prepared" | "closed" | "unknown";

export interface PeerFacts {
  readonly heartbeat: ReceivedHeartbeat | undefined;
  readonly heardAt: Readonly<Record<LinkName, Instant | undefined>>;
  /** How long the peer had been deaf to this node when it sent its newest heartbeat. */
  readonly unheardMs: Millis;
  /** Since when the peer has been heard without a gap of two heartbeats. */
  readonly contactSince: Instant | undefined;
  /** The last time a datagram on the crosslink could not be verified or read: somebody is alive there. */
  readonly refusedAt: Instant | undefined;
  /** The last time a node that is not the configured peer was heard. */
  readonly strangeAt: Instant | undefined;
  /** Since when the peer has reached more ping nodes than this node. */
  readonly reachesMoreSince: Instant | undefined;
  /** When the peer last said that it was in sync. */
  readonly inSyncAt: Instant | undefined;
}

export interface Carrier {
  readonly up: boolean;
  readonly since: Instant;
}

export interface PingFacts {
  readonly reached: number;
  readonly total: number;
  /** When the last of them fell silent; absent while one answers. */
  readonly lostAt: Instant | undefined;
  /** When one answered again after all had been silent. */
  readonly regainedAt: Instant | undefined;
}

/** What the LAN said about the shared address since the peer fell silent. */
export interface Suspicion {
  readonly since: Instant;
  readonly askedAt: Instant;
  readonly neighbourAnswered: boolean | undefined;
  readonly serviceAnswered: boolean | undefined;
  /** Service probes without an answer since the last one that had one. */
  readonly serviceMisses: number;
}

export interface RunningStep {
  readonly id: StepId;
  readonly step: PlanStep;
  readonly startedAt: Instant;
}

export interface PendingCommand {
  readonly id: number;
  readonly command: Command;
  readonly deadline: Instant;
}

export interface Said {
  readonly at: Instant;
  readonly heartbeat: Heartbeat;
}

/**
 * What this node's database is worth. `new`: it was made anew, and has never been written to or had all that the peer's
 * has. `awaited`: it is new, and the pair has had an active node before, so that the data are with the peer. `lost`: it
 * was made anew while this node served from the one before.
 */
export type DataFact = "own" | "new" | "awaited" | "lost";

export interface ReplicationFacts {
  readonly inSync: boolean;
  readonly detail: string;
  readonly data: DataFact;
}

/** What ngcpcfg put into force on this node. */
export interface ConfigurationFacts {
  /** The beginning of the content id; absent before ngcpcfg has noted any. */
  readonly id: string | undefined;
  /** Files that are not what the configuration made of them. */
  readonly drifted: readonly string[];
  /** Since when the peer has said another id. */
  readonly differsSince: Instant | undefined;
}

/** Everything one node knows. Owned by the loop, changed only by `step`. */
export interface HaState {
  readonly now: Instant;
  readonly bornAt: Instant;
  readonly role: Role;
  readonly roleSince: Instant;
  readonly because: string;
  /** The newest term heard of or claimed. */
  readonly term: number;
  /** The term of the newest claim of this node; 0 when it never claimed. */
  readonly claimTerm: number;
  /** What is known to be on disk, and what was asked to be. */
  readonly record: RoleRecord;
  readonly recordAsked: RoleRecord;
  readonly held: boolean;
  readonly standbyUntil: Instant | undefined;
  readonly unfitUntil: Instant | undefined;
  readonly unfitHandOvers: readonly Instant[];
  readonly peer: PeerFacts;
  readonly carrier: Readonly<Record<LinkName, Carrier>>;
  readonly pings: PingFacts;
  readonly unfitReasons: readonly string[];
  readonly replication: ReplicationFacts;
  readonly configuration: ConfigurationFacts;
  readonly suspicion: Suspicion | undefined;
  /** Set by a start with the addresses held and by a long pause: listen before anything is sent. */
  readonly wokeAt: Instant | undefined;
  /** The operator ended the wait of a node that is alone. */
  readonly aloneAllowed: boolean;
  readonly address: AddressFact;
  readonly services: ServicesFact;
  readonly lanes: Readonly<Record<Lane, RunningStep | undefined>>;
  readonly plan: Plan | undefined;
  readonly planCount: number;
  /** When the last step or takeover failed: it is not tried again at once. */
  readonly failedAt: Instant | undefined;
  readonly failure: string;
  readonly command: PendingCommand | undefined;
  readonly said: Said | undefined;
  /** When everything was last looked at; nothing in recordings of earlier versions. */
  readonly decidedAt: Instant | undefined;
  /** Until when the addresses are announced every second, because somebody else answered for them. */
  readonly contestedUntil: Instant | undefined;
  readonly announcedAt: Instant | undefined;
  /** When an active node last asked whether somebody else answers for its addresses. */
  readonly conflictAskedAt: Instant | undefined;
  /** False once the database was told that the standby is silent. */
  readonly waitsForPeer: boolean;
  readonly alarms: readonly AlarmName[];
  readonly shuttingDown: boolean;
  readonly exitAsked: boolean;
}

export interface Birth {
  readonly at: Instant;
  /** What was on disk; absent on a node that never had a role. */
  readonly record: RoleRecord | undefined;
  /** Whether the kernel holds a shared address at the start of the daemon. */
  readonly holdsAddresses: boolean;
  /** Whether an active-only component runs at the start of the daemon. */
  readonly servicesRunning: boolean;
  /**
   * A peer that is unfit hands over at the first heartbeat: it has to be known by then. Absent in recordings of earlier
   * versions.
   */
  readonly data?: DataFact;
}

const NO_RECORD: RoleRecord = { term: 0, role: "standby", lastHeldTerm: 0, held: false };

/** A node that has just started: what is on disk and in the kernel, and nothing heard yet. */
export const initialState = (birth: Birth): HaState => {
  const { at } = birth;
  const record = birth.record ?? NO_RECORD;
  return {
    now: at,
    bornAt: at,
    role: "starting",
    roleSince: at,
    because: "the daemon started",
    term: record.term,
    claimTerm: record.lastHeldTerm,
    record,
    recordAsked: record,
    held: record.held,
    standbyUntil: undefined,
    unfitUntil: undefined,
    unfitHandOvers: [],
    peer: {
      heartbeat: undefined,
      heardAt: { crosslink: undefined, lan: undefined },
      unheardMs: millis(0),
      contactSince: undefined,
      refusedAt: undefined,
      strangeAt: undefined,
      reachesMoreSince: undefined,
      inSyncAt: undefined,
    },
    carrier: { crosslink: { up: true, since: at }, lan: { up: true, since: at } },
    pings: { reached: 0, total: 0, lostAt: undefined, regainedAt: undefined },
    unfitReasons: [],
    replication: { inSync: false, detail: "not probed yet", data: birth.data ?? "own" },
    configuration: { id: undefined, drifted: [], differsSince: undefined },
    suspicion: undefined,
    wokeAt: birth.holdsAddresses ? at : undefined,
    aloneAllowed: false,
    address: birth.holdsAddresses ? "held" : "released",
    services: "unknown",
    lanes: { address: undefined, services: undefined },
    plan: undefined,
    planCount: 0,
    failedAt: undefined,
    failure: "",
    command: undefined,
    said: undefined,
    decidedAt: at,
    contestedUntil: undefined,
    announcedAt: undefined,
    conflictAskedAt: undefined,
    waitsForPeer: true,
    alarms: [],
    shuttingDown: false,
    exitAsked: false,
  };
};

/** True while the time from `start` to now is shorter than `length`; false when there is no start. */
export const within = (state: HaState, start: Instant | undefined, length: Millis): boolean =>
  start !== undefined && state.now - start < length;

/** The time since `start`, in milliseconds; 0 when there is no start. */
export const elapsedSince = (state: HaState, start: Instant | undefined): number =>
  start === undefined ? 0 : state.now - start;
