import { covers, excess, furthest, sequenceIn } from "./gtid.ts";
import type { Positions } from "./gtid.ts";
import type { StoreStatus } from "../control/contract.ts";

/** What the local MariaDB says of itself. */
export interface DatabaseView {
  readonly readOnly: boolean;
  /** What is in its binary log: everything that was committed here, written here or replicated. */
  readonly logged: Positions;
  /** What was applied here from the peer. */
  readonly applied: Positions;
  readonly semiSync: boolean;
  /** Replicas that acknowledge what they receive; a dead one is counted until its connection ends. */
  readonly acknowledging: number;
  /** Undefined when it has never been told whom to replicate from. */
  readonly replica: ReplicaView | undefined;
}

export interface ReplicaView {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  readonly usingGtid: string;
  readonly heartbeatSeconds: number;
  readonly connectRetrySeconds: number;
  readonly receiving: "yes" | "connecting" | "no";
  readonly applying: boolean;
  /** What has arrived in the relay log. */
  readonly received: Positions;
  readonly receiveError: ReplicationError | undefined;
  readonly applyError: ReplicationError | undefined;
  readonly lagSeconds: number | null;
}

export interface ReplicationError {
  readonly errno: number;
  readonly text: string;
}

/** What the peer's MariaDB says, asked over the crosslink. */
export interface PeerDatabaseView {
  readonly readOnly: boolean;
  readonly logged: Positions;
  readonly applied: Positions;
  readonly received: Positions;
  /** It is connected to this node and receives what is written here. */
  readonly receiving: boolean;
}

export interface PairNames {
  readonly peer: string;
  readonly peerId: number;
}

/** Lag up to which a standby counts as in sync, in seconds. */
const LAG_MAX_SECONDS = 5;

/** Everything the peer has, or is about to have. */
const knownToPeer = (peer: PeerDatabaseView): Positions =>
  furthest([peer.logged, peer.applied, peer.received]);

/**
 * A node may follow a peer that is written to only when it holds nothing that the peer lacks: the peer would
 * take it in behind its own later changes, and the two would differ without a word.
 *
 * @returns a sentence that names the transactions, or `undefined` when it may follow
 */
export const strayTransactions = (
  logged: Positions,
  peer: PeerDatabaseView,
  peerName: string,
): string | undefined => {
  if (peer.readOnly) return undefined;
  const stray = excess(logged, knownToPeer(peer));
  if (stray.length === 0) return undefined;
  const ranges = stray.map(({ domain, from, to }) =>
    from === to ? `${domain}:${from}` : `${domain}:${from} to ${domain}:${to}`,
  );
  const count = stray.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return (
    `this node's database holds ${count} transaction${count === 1 ? "" : "s"} that ${peerName} took over ` +
    `without (${ranges.join(", ")}); it does not replicate until it is copied anew from ${peerName}`
  );
};

/** True when the peer holds nothing that this node, which is written to, lacks. */
export const peerIsBehind = (view: DatabaseView, peer: PeerDatabaseView): boolean =>
  covers(
    furthest([view.logged, view.applied, view.replica?.received ?? new Map<number, never>()]),
    peer.logged,
  );

const ERRORS: ReadonlyMap<number, (peer: string) => string> = new Map([
  [1032, (peer) => `a row that ${peer} changed is not in this database`],
  [1062, (peer) => `a row from ${peer} has a key that another row has here`],
  [1045, (peer) => `${peer} refuses the password of the pair`],
  [4151, (peer) => `${peer} has not yet compared its position with this node's`],
  [
    1236,
    (peer) =>
      `${peer}'s binary log no longer holds, or never held, the position this database is at`,
  ],
]);

const sentence = (error: ReplicationError, peer: string): string =>
  `${ERRORS.get(error.errno)?.(peer) ?? error.text} (error ${error.errno})`;

/** Why the replication threads do not do their work, or `undefined`. */
const faultOfThreads = (replica: ReplicaView, peer: string): string | undefined => {
  const error = replica.applyError ?? replica.receiveError;
  if (error !== undefined) return sentence(error, peer);
  if (replica.receiving === "connecting") return `it is connecting to ${peer}`;
  return replica.receiving === "no" || !replica.applying ? "its replication is stopped" : undefined;
};

/** Why the standby's database is not in sync, or `undefined`. */
const faultOfReplica = ({ view, peer, names, deaf }: ReplicaFacts): string | undefined => {
  if (view.replica === undefined) return `it does not replicate from ${names.peer} yet`;
  const fault = faultOfThreads(view.replica, names.peer);
  if (fault !== undefined) return fault;
  const lagSeconds = view.replica.lagSeconds ?? 0;
  if (lagSeconds > LAG_MAX_SECONDS) return `it is ${lagSeconds} s behind`;
  if (peer === undefined) return `${names.peer}'s database does not answer`;
  return deaf ? `it receives nothing though ${names.peer} writes` : undefined;
};

/** What is known about a database that is not written to. */
export interface ReplicaFacts {
  readonly view: DatabaseView;
  readonly peer: PeerDatabaseView | undefined;
  readonly names: PairNames;
  readonly stray: string | undefined;
  readonly deaf: boolean;
}

/**
 * True when the peer had, a probe ago, transactions that still have not arrived here: threads that look
 * well and receive nothing.
 */
export const isDeaf = (
  before: PeerDatabaseView | undefined,
  view: DatabaseView,
  peerId: number,
): boolean => {
  if (before === undefined || view.replica === undefined) return false;
  const arrived = furthest([view.replica.received, view.applied, view.logged]);
  return sequenceIn(before.logged, peerId) > sequenceIn(arrived, peerId);
};

/** Status of a node that is not written to. */
export const replicaStatus = (facts: ReplicaFacts): StoreStatus => {
  const fault = facts.stray ?? faultOfReplica(facts);
  return {
    store: "mysql",
    role: "replica",
    inSync: fault === undefined,
    lagSeconds: facts.view.replica?.lagSeconds ?? null,
    detail: fault ?? `replicates from ${facts.names.peer}`,
  };
};

/** Status of the node that is written to: in sync with itself; `detail` says how far the peer is. */
export const sourceStatus = (
  view: DatabaseView,
  peer: PeerDatabaseView | undefined,
  names: PairNames,
): StoreStatus => {
  const behind =
    peer === undefined
      ? `${names.peer}'s database does not answer`
      : behindBy(view, peer, names.peer);
  return {
    store: "mysql",
    role: "source",
    inSync: true,
    lagSeconds: null,
    detail: view.semiSync ? behind : `${behind}; commits do not wait for it`,
  };
};

const behindBy = (view: DatabaseView, peer: PeerDatabaseView, name: string): string => {
  if (!peerIsBehind(view, peer))
    return `${name} holds transactions that this node took over without`;
  const known = knownToPeer(peer);
  if (covers(known, view.logged)) return `${name} has every transaction`;
  const count = excess(view.logged, known).reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return `${name} lacks ${count} transaction${count === 1 ? "" : "s"}`;
};
