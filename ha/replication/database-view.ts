import { covers, excess, furthest, sequenceIn } from "./gtid.ts";
import type { Positions } from "./gtid.ts";
import { judgeReplica } from "./replica-rules.ts";
import type { ReplicaFacts } from "./replica-rules.ts";
import type { ReplicationState, StoreStatus } from "../control/contract.ts";

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
  /** What is in the relay log and not applied. */
  readonly lagBytes: number;
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
    `without (${ranges.join(", ")})`
  );
};

/** True when the peer has transactions of this node's own that its database lacks. */
export const lacksItsOwn = (view: DatabaseView, peer: PeerDatabaseView, selfId: number): boolean =>
  sequenceIn(knownToPeer(peer), selfId) > sequenceIn(view.logged, selfId);

/** True when the peer holds nothing that this node, which is written to, lacks. */
export const peerIsBehind = (view: DatabaseView, peer: PeerDatabaseView): boolean =>
  covers(
    furthest([view.logged, view.applied, view.replica?.received ?? new Map<number, never>()]),
    peer.logged,
  );

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
  const { state, sentence, hand } = judgeReplica(facts);
  const { replica } = facts.view;
  return {
    store: "mysql",
    role: "replica",
    state,
    inSync: state === "in-sync",
    lagSeconds: replica?.lagSeconds ?? null,
    lagBytes: replica?.lagBytes ?? null,
    detail: sentence(facts),
    remedy: hand ?? null,
  };
};

/** Status of the node that is written to: in sync with itself; state and detail say how far the peer is. */
export const sourceStatus = (
  view: DatabaseView,
  peer: PeerDatabaseView | undefined,
  names: PairNames,
): StoreStatus => {
  const [state, detail] = standingOf(view, peer, names.peer);
  return {
    store: "mysql",
    role: "source",
    state,
    inSync: true,
    lagSeconds: null,
    lagBytes: null,
    detail: view.semiSync ? detail : `${detail}; commits do not wait for it`,
    remedy: null,
  };
};

const standingOf = (
  view: DatabaseView,
  peer: PeerDatabaseView | undefined,
  name: string,
): readonly [ReplicationState, string] => {
  if (peer === undefined) return ["paused", `${name}'s database does not answer`];
  if (!peerIsBehind(view, peer))
    return ["diverged", `${name} holds transactions that this node took over without`];
  const known = knownToPeer(peer);
  if (covers(known, view.logged)) return ["in-sync", `${name} has every transaction`];
  const count = excess(view.logged, known).reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return ["catching-up", `${name} lacks ${count} transaction${count === 1 ? "" : "s"}`];
};
