/**
 * What the tools ask of the daemon and what it answers: HTTP and JSON on /run/ngcp-ha/control.sock.
 * Types only, so that a tool starts without a schema library.
 *
 *   GET  /v1/status                  → Status
 *   POST /v1/make-active             MakeActiveRequest  → CommandAnswer (when it is done, refused or timed out)
 *   POST /v1/make-standby            MakeStandbyRequest → CommandAnswer
 *   POST /v1/release-hold            {} → CommandAnswer
 *   POST /v1/configuration           {} → {} (ngcpcfg has put something into force)
 *   GET  /v1/components              → ComponentStatus[]
 *   POST /v1/components/:name/start|stop|restart   {} → ComponentAnswer
 *   GET  /v1/recording               → text, one event a line: the flight recorder, for ngcp-ha-replay
 */
export const CONTROL_SOCKET = "/run/ngcp-ha/control.sock";

/**
 * Written with every heartbeat and before every step: `ROLE UPTIME_SECONDS SERVICES DEAD_MS`, e.g.
 * `active 5123.42 open 250`. SERVICES is closed, prepared or open: what the units of ngcp-active.target may do
 * here. A file that is older than DEAD_MS says nothing.
 */
export const ROLE_FILE = "/run/ngcp-ha/role";

export type RoleWord = "starting" | "standby" | "promoting" | "active" | "demoting" | "fenced";

export interface LinkStatus {
  readonly name: "crosslink" | "lan";
  readonly device: string;
  readonly carrier: boolean;
  /** Milliseconds since the peer was last heard on this link; null when never. */
  readonly heardMsAgo: number | null;
}

export interface PeerStatus {
  readonly node: string;
  readonly heard: boolean;
  readonly heardMsAgo: number | null;
  readonly role: RoleWord | null;
  readonly term: number | null;
  readonly eligible: boolean | null;
  readonly inSync: boolean | null;
  readonly pingNodesReached: number | null;
  readonly version: string | null;
  /** The beginning of the content id of its configuration. */
  readonly configuration: string | null;
  /** What it says of its stores; null before it said anything, or where its package is older. */
  readonly report: PeerReportStatus | null;
}

/** What a node tells its peer every second over the crosslink, for whoever asks there. */
export interface PeerReport {
  readonly stores: readonly StoreReport[];
  readonly alarms: readonly Alarm[];
  /** Folders with rows that only it had. */
  readonly quarantine: number;
}

export interface PeerReportStatus extends PeerReport {
  /** Lengths of time in the report were true so long ago. */
  readonly toldMsAgo: number;
}

/** Where a store stands with its peer's; on the active node: where the peer stands, as far as it shows there. */
export type ReplicationState =
  /** It has not been told yet whom to follow. */
  | "unconfigured"
  /** It is being copied from the peer, as a whole. */
  | "cloning"
  | "catching-up"
  | "in-sync"
  /** It holds something else than the peer. */
  | "diverged"
  /** It cannot go on by itself, or only when something else is put right. */
  | "broken"
  /** It waits for a peer that does not answer. */
  | "paused";

export interface StoreStatus {
  readonly store: "mysql" | "redis";
  /** `source` on the active node, `replica` on the standby; `unknown` when the store does not answer. */
  readonly role: "source" | "replica" | "unknown";
  readonly state: ReplicationState;
  /** Whether this node's store holds what the active node's does: its own does by definition. */
  readonly inSync: boolean;
  readonly lagSeconds: number | null;
  /** What has arrived and is not applied yet, or has been written and has not arrived. */
  readonly lagBytes: number | null;
  readonly detail: string;
  /** What an operator can do about it; null where nothing is to be done. */
  readonly remedy: string | null;
}

/** Something that was the matter with a store, whether it is over or not. */
export interface Incident {
  /** Wall clock, ISO 8601. */
  readonly at: string;
  readonly sentence: string;
}

/** What the last comparison of a store with the active node's came to; `ngcp-replication check` keeps it. */
export interface CheckResult extends Incident {
  /** What differs and was not put right: rows, tables, keys. */
  readonly differences: number;
  /** Rows and parts of tables that were written to all the time, or that the standby was too far behind for. */
  readonly notCompared?: number;
}

/** In a folder of the quarantine: all that it holds was brought back, it says when. */
export const RESTORED_FILE = "restored";

/** Where in /var/lib/ngcp-ha the last comparison of each store is kept. */
export const CHECK_FILES = { mysql: "check-mysql.json", redis: "check-redis.json" } as const;

export interface StoreReport extends StoreStatus {
  readonly peer: string;
  /** Milliseconds in this state. */
  readonly forMs: number;
  readonly lastIncident: Incident | null;
  /** Null where this node has never compared, or was copied anew since. */
  readonly lastCheck: CheckResult | null;
}

export interface Alarm {
  readonly name: string;
  readonly sentence: string;
  readonly sinceMsAgo: number;
}

export interface LastRoleChange {
  readonly from: RoleWord;
  readonly to: RoleWord;
  readonly because: string;
  readonly term: number;
  /** Wall clock, ISO 8601. */
  readonly at: string;
}

export interface Status {
  readonly node: string;
  readonly version: string;
  /** The beginning of the content id of the configuration in force; null before ngcpcfg has noted any. */
  readonly configuration: string | null;
  /** Files that are not what the configuration made of them. */
  readonly drifted: readonly string[];
  readonly role: RoleWord;
  readonly because: string;
  /** Milliseconds in this role, which goes on while the daemon is started again. */
  readonly roleForMs: number;
  readonly term: number;
  readonly held: boolean;
  readonly holdsAddresses: boolean;
  readonly sharedAddresses: readonly string[];
  readonly links: readonly LinkStatus[];
  readonly pingNodes: { readonly reached: number; readonly total: number };
  readonly peer: PeerStatus;
  readonly stores: readonly StoreReport[];
  /** Folders that hold what only this node had when its peer took over. */
  readonly quarantine: readonly string[];
  readonly alarms: readonly Alarm[];
  readonly lastRoleChange: LastRoleChange | null;
  readonly components: readonly ComponentStatus[];
  /** The loop's own delay over the last minute, milliseconds. */
  readonly loopDelayMs: { readonly p50: number; readonly max: number };
  readonly realTime: boolean;
  readonly droppedLogLines: number;
}

export type ComponentState =
  | "running"
  | "starting"
  | "stopped"
  | "failed"
  /** Stopped by the operator on the active node: no restart, no hand-over. */
  | "notMonitored"
  /** Belongs to the active node, and this one is not. */
  | "standby";

export interface ComponentStatus {
  readonly name: string;
  readonly unit: string;
  readonly state: ComponentState;
  readonly detail: string;
}

export interface MakeActiveRequest {
  readonly force: boolean;
  readonly timeoutMs: number;
}

export interface MakeStandbyRequest {
  readonly force: boolean;
  readonly hold: boolean;
  readonly timeoutMs: number;
}

export interface CommandAnswer {
  readonly outcome: "done" | "refused" | "timedOut";
  readonly code: string | null;
  /** What happened, in a sentence for the operator. */
  readonly sentence: string;
}

/** `affected` names the dependants that were stopped or started along with it. */
export interface ComponentAnswer {
  readonly outcome: "done" | "refused" | "failed";
  readonly code: string | null;
  readonly sentence: string;
  readonly affected: readonly string[];
}
