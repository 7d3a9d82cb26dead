import type { ReplicationState } from "../control/contract.ts";
import { excess, furthest, sequenceIn, withoutDomain } from "./gtid.ts";
import type {
  DatabaseView,
  PeerDatabaseView,
  PairNames,
  ReplicationError,
} from "./database-view.ts";
import type { OnDisk } from "./database-moves.ts";
import type { Positions } from "./gtid.ts";

/** What a standby does by itself about what is the matter with its database. */
export type Remedy =
  /** Nothing needs to be done, or only somebody else can. */
  | "none"
  /** Sets the replication up, or starts its threads again. */
  | "follow"
  /** Stops both threads and starts them: what had arrived is fetched from the peer once more. */
  | "fetchAgain"
  /** Gives the threads the password of this node's configuration, once. */
  | "renewPassword"
  /** Saves what only this node has and takes a copy of the peer's database. */
  | "copyAnew";

/** How far a copy of the peer's database has come. */
export interface CopyProgress {
  readonly phase: string;
  readonly bytes: number;
  readonly totalBytes: number;
}

/** What is known about a database that is not written to. */
export interface ReplicaFacts extends OnDisk {
  readonly view: DatabaseView;
  readonly peer: PeerDatabaseView | undefined;
  readonly names: PairNames;
  /** A sentence that names transactions which the peer took over without. */
  readonly stray: string | undefined;
  readonly deaf: boolean;
}

export interface ReplicaRule {
  readonly name: string;
  readonly holds: (facts: ReplicaFacts) => boolean;
  readonly state: ReplicationState;
  readonly remedy: Remedy;
  /** What is the matter, for the operator. */
  readonly sentence: (facts: ReplicaFacts) => string;
  /** What the operator does about it; absent where nothing is to be done. */
  readonly hand?: string;
}

/** Lag up to which a standby counts as in sync, in seconds. */
const LAG_MAX_SECONDS = 5;
/**
 * An empty database of a pair that has just begun replays what there is. Any other is copied: one applier does some
 * 3,700 rows a second, nobody knows how many rows a transaction holds, and a copy of a small database takes seconds.
 */
const REPLAY_MAX_TRANSACTIONS = 100;

/** Errors of the receiving thread that pass: it goes on trying by itself, and starts again when it was stopped. */
const PASSING: readonly number[] = [1040, 1045, 1053, 1129, 1130, 1158, 1159, 1160, 1161, 4151];
const PURGED = 1236;
const FATAL = 1593;
const FULL: readonly number[] = [1021, 1026, 1114, 1595];
const UNREADABLE: readonly number[] = [1594, 1743, 1744];

export const isPassing = (errno: number): boolean =>
  (errno >= 2000 && errno < 3000) || PASSING.includes(errno);

export const isPurged = (error: ReplicationError | undefined): boolean => error?.errno === PURGED;

const isFull = ({ errno, text }: ReplicationError): boolean =>
  FULL.includes(errno) || /no space left|disk (is )?full|errno: 28\b/i.test(text);

/** The applier's error, or else the receiver's. */
const errorOf = ({ view: { replica } }: ReplicaFacts): ReplicationError | undefined =>
  replica?.applyError ?? replica?.receiveError;

const errorIs =
  (matches: (error: ReplicationError) => boolean) =>
  (facts: ReplicaFacts): boolean => {
    const error = errorOf(facts);
    return error !== undefined && matches(error);
  };

const numbered = (text: string, facts: ReplicaFacts): string =>
  `${text} (error ${errorOf(facts)?.errno ?? 0})`;

const count = (positions: Positions, known: Positions): number =>
  excess(positions, known).reduce((sum, { from, to }) => sum + to - from + 1, 0);

/** Nothing was ever written or replicated here, and the peer is too far ahead to be replayed. */
const isEmptyAndFar = ({ view, peer }: ReplicaFacts): boolean =>
  peer !== undefined &&
  furthest([view.logged, view.applied]).size === 0 &&
  count(peer.logged, new Map()) > REPLAY_MAX_TRANSACTIONS;

/** A peer that was replaced, and took over before it had anything, is no source for the only node that has the data. */
const knowsNothing = ({ stray, view, peer, names }: ReplicaFacts): boolean =>
  stray !== undefined &&
  peer !== undefined &&
  [...withoutDomain(view.logged, names.peerId).keys()].every(
    (domain) => sequenceIn(furthest([peer.logged, peer.applied, peer.received]), domain) === 0,
  );

const copied = (facts: ReplicaFacts): string => `it is copied anew from ${facts.names.peer}`;

const percent = ({ bytes, totalBytes }: CopyProgress): string =>
  totalBytes === 0 ? "" : `, ${Math.min(99, Math.floor((100 * bytes) / totalBytes))} %`;

/** What can be the matter with a standby's MariaDB: the first that holds is told and acted on. */
export const DATABASE_RULES: readonly ReplicaRule[] = [
  {
    name: "copying",
    holds: ({ copying }) => copying !== undefined,
    state: "cloning",
    remedy: "none",
    sentence: ({ copying, names }) =>
      copying === undefined
        ? ""
        : `it is being copied from ${names.peer}: ${copying.phase}${percent(copying)}`,
  },
  {
    name: "strayBesideEmpty",
    holds: knowsNothing,
    state: "diverged",
    remedy: "none",
    sentence: ({ names }) =>
      `${names.peer} took over with a database that has nothing of this node's: this one is kept as it is`,
    hand: "ngcp-make-active --force gives this node's data to the pair; ngcp-replication clone gives them up",
  },
  {
    name: "stray",
    holds: ({ stray }) => stray !== undefined,
    state: "diverged",
    remedy: "copyAnew",
    sentence: (facts) => `${facts.stray ?? ""}; they are saved, and ${copied(facts)}`,
  },
  {
    name: "cutUnchecked",
    holds: ({ cut }) => cut === "unchecked",
    state: "paused",
    remedy: "none",
    sentence: () => "what its recovery cut off is being looked at",
  },
  {
    name: "miscounted",
    holds: ({ cut }) => cut === "miscounted",
    state: "diverged",
    remedy: "copyAnew",
    sentence: (facts) =>
      `after its recovery it counts on from a position that its binary log does not end at; ${copied(facts)}`,
  },
  {
    name: "emptyAndFar",
    holds: isEmptyAndFar,
    state: "unconfigured",
    remedy: "copyAnew",
    sentence: (facts) => `it is empty: ${copied(facts)}`,
  },
  {
    name: "unconfigured",
    holds: ({ view }) => view.replica === undefined,
    state: "unconfigured",
    remedy: "follow",
    sentence: ({ names }) => `it does not replicate from ${names.peer} yet`,
  },
  {
    name: "duplicateKey",
    holds: errorIs(({ errno }) => errno === 1062),
    state: "diverged",
    remedy: "copyAnew",
    sentence: (facts) =>
      `${numbered(`a row from ${facts.names.peer} has a key that another row has here`, facts)}; ${copied(facts)}`,
  },
  {
    name: "missingRow",
    holds: errorIs(({ errno }) => errno === 1032),
    state: "diverged",
    remedy: "copyAnew",
    sentence: (facts) =>
      `${numbered(`a row that ${facts.names.peer} changed is not in this database`, facts)}; ${copied(facts)}`,
  },
  {
    name: "purgedLog",
    holds: errorIs(({ errno }) => errno === PURGED),
    state: "broken",
    remedy: "copyAnew",
    sentence: (facts) =>
      `${numbered(`${facts.names.peer}'s binary log no longer holds, or never held, the position this database is at`, facts)}; ${copied(facts)}`,
  },
  {
    name: "diskFull",
    holds: errorIs(isFull),
    state: "broken",
    remedy: "follow",
    sentence: (facts) => numbered("the disk of its data is full", facts),
    hand: "make room on the disk of /var/lib/mysql: replication goes on by itself then",
  },
  {
    name: "corruptRelayLog",
    holds: errorIs(({ errno }) => UNREADABLE.includes(errno)),
    state: "broken",
    remedy: "fetchAgain",
    sentence: (facts) =>
      numbered(`what arrived from ${facts.names.peer} cannot be read: it is fetched again`, facts),
  },
  {
    name: "sameServerId",
    holds: errorIs(({ errno, text }) => errno === FATAL && /server.?ids?/i.test(text)),
    state: "broken",
    remedy: "none",
    sentence: (facts) => numbered(`it has the same server_id as ${facts.names.peer}`, facts),
    hand: "give the nodes different hosts.NODE.dbnode in network.yml, then ngcpcfg apply on both",
  },
  {
    name: "wrongPassword",
    holds: errorIs(({ errno }) => errno === 1045),
    state: "broken",
    remedy: "renewPassword",
    sentence: (facts) => numbered(`${facts.names.peer} refuses the password of the pair`, facts),
    hand: "ngcp-pair create on the other node, ngcp-pair join --replace here",
  },
  {
    name: "notCompared",
    holds: errorIs(({ errno }) => errno === 4151),
    state: "paused",
    remedy: "none",
    sentence: (facts) =>
      numbered(`${facts.names.peer} has not yet compared its position with this node's`, facts),
  },
  {
    name: "otherError",
    holds: errorIs(({ errno }) => !isPassing(errno)),
    state: "broken",
    remedy: "none",
    sentence: (facts) => numbered(errorOf(facts)?.text ?? "", facts),
    hand: "read journalctl -u ngcp-mysql; ngcp-replication clone takes a copy from the peer",
  },
  {
    name: "connecting",
    holds: ({ view: { replica } }) => replica?.receiving === "connecting",
    state: "paused",
    remedy: "none",
    sentence: ({ names }) => `it is connecting to ${names.peer}`,
  },
  {
    name: "stopped",
    holds: ({ view: { replica } }) => replica?.receiving !== "yes" || !replica.applying,
    state: "paused",
    remedy: "follow",
    sentence: () => "its replication is stopped",
  },
  {
    name: "behind",
    holds: ({ view }) => (view.replica?.lagSeconds ?? 0) > LAG_MAX_SECONDS,
    state: "catching-up",
    remedy: "none",
    sentence: ({ view }) => `it is ${view.replica?.lagSeconds ?? 0} s behind`,
  },
  {
    name: "peerSilent",
    holds: ({ peer }) => peer === undefined,
    state: "paused",
    remedy: "none",
    sentence: ({ names }) => `${names.peer}'s database does not answer`,
  },
  {
    name: "deaf",
    holds: ({ deaf }) => deaf,
    state: "catching-up",
    remedy: "none",
    sentence: ({ names }) => `it receives nothing though ${names.peer} writes`,
  },
  {
    name: "inSync",
    holds: () => true,
    state: "in-sync",
    remedy: "none",
    sentence: ({ names }) => `replicates from ${names.peer}`,
  },
];

const [FALLBACK] = DATABASE_RULES.slice(-1);

/** @returns the first rule that holds */
export const judgeReplica = (facts: ReplicaFacts): ReplicaRule => {
  const rule = DATABASE_RULES.find(({ holds }) => holds(facts)) ?? FALLBACK;
  if (rule === undefined) throw new TypeError("there are no rules");
  return rule;
};
