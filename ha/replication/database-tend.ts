import { covers, formatPositions, furthest } from "./gtid.ts";
import { peerIsBehind, strayTransactions } from "./database-view.ts";
import {
  SLOW_STATEMENT_MS,
  STATEMENT_MS,
  askPeer,
  closeDatabase,
  openDatabase,
  quote,
  setGate,
  setSemiSync,
  shutGate,
} from "./database-moves.ts";
import { readDatabase } from "./sql.ts";
import type { DatabaseView, PeerDatabaseView, ReplicaView } from "./database-view.ts";
import type { Databases, ReplicationSettings } from "./database-moves.ts";
import type { Positions } from "./gtid.ts";
import type { Sql } from "./sql.ts";

const PEER_ANSWERS_MS = 500;
const WRONG_PASSWORD = 1045;

const isConfigured = (replica: ReplicaView | undefined, settings: ReplicationSettings): boolean =>
  replica?.host === settings.peerHost &&
  replica.user === settings.user &&
  replica.port === settings.port &&
  replica.usingGtid === "Slave_Pos" &&
  replica.heartbeatSeconds === 1 &&
  replica.connectRetrySeconds === 1;

/** Errors of the receiving thread that pass: it goes on trying by itself, and starts again when it was stopped. */
const PASSING: readonly number[] = [1040, 1045, 1053, 1129, 1130, 1158, 1159, 1160, 1161, 4151];
const isPassing = (errno: number): boolean =>
  (errno >= 2000 && errno < 3000) || PASSING.includes(errno);

const isStopped = (replica: ReplicaView): boolean =>
  replica.receiving === "no" && !replica.applying;

/** True when a thread stopped with an error that starting it again does not cure: the status names it. */
const hasFailed = ({ receiveError, applyError }: ReplicaView): boolean =>
  applyError !== undefined || (receiveError !== undefined && !isPassing(receiveError.errno));

/** True when the threads are to be set up or started. */
const mustFollow = (
  replica: ReplicaView | undefined,
  settings: ReplicationSettings,
): replica is undefined | ReplicaView =>
  replica === undefined ||
  !isConfigured(replica, settings) ||
  ((replica.receiving === "no" || !replica.applying) && !hasFailed(replica));

/**
 * Starts replication from the peer. The position covers this node's own domain too: the peer would otherwise be
 * asked for transactions that it may have purged, which ends in error 1236.
 */
const follow = async (
  { threads, settings }: Databases,
  view: DatabaseView,
  signal: AbortSignal,
): Promise<void> => {
  const { replica } = view;
  const configured = isConfigured(replica, settings);
  if (replica !== undefined && !configured) await stopThreads(threads, signal);
  if (replica === undefined || !configured || isStopped(replica)) {
    const position = furthest([view.applied, view.logged]);
    if (!covers(view.applied, position)) {
      const statement = `SET GLOBAL gtid_slave_pos = ${quote(formatPositions(position))}`;
      await threads.query(statement, STATEMENT_MS, signal);
    }
  }
  if (!configured) await configure(threads, settings, signal);
  await threads.query("START SLAVE", STATEMENT_MS, signal);
};

/** What has been sent to a thread that waits may still arrive: only a closed connection takes nothing in. */
const stopThreads = async (
  threads: Sql,
  signal: AbortSignal,
  which: "" | "IO_THREAD" = "",
): Promise<void> => {
  await threads.query(`STOP SLAVE ${which}`, SLOW_STATEMENT_MS, signal);
};

const configure = async (
  work: Sql,
  settings: ReplicationSettings,
  signal: AbortSignal,
): Promise<void> => {
  await work.query(
    `CHANGE MASTER TO MASTER_HOST = ${quote(settings.peerHost)}, MASTER_PORT = ${settings.port},
      MASTER_USER = ${quote(settings.user)}, MASTER_PASSWORD = ${quote(settings.password)},
      MASTER_USE_GTID = slave_pos, MASTER_HEARTBEAT_PERIOD = 1, MASTER_CONNECT_RETRY = 1`,
    SLOW_STATEMENT_MS,
    signal,
  );
};

/** A new secret of the pair reaches the threads that were set up with the old one. */
const renewPassword = async (
  { threads, settings }: Databases,
  signal: AbortSignal,
): Promise<void> => {
  await stopThreads(threads, signal);
  await configure(threads, settings, signal);
  await threads.query("START SLAVE", STATEMENT_MS, signal);
};

/**
 * A database with stray transactions is crashed once: recovery reads its position back from the binary log, where a
 * write that failed on a full disk never came, and drops what nobody was told to be committed. What is astray after it
 * really is: then neither node may take anything in from the other.
 */
const keepApart = async (
  databases: Databases,
  { replica }: DatabaseView,
  { recovered }: TendMemory,
  signal: AbortSignal,
): Promise<void> => {
  await shutGate(databases, signal);
  if (!recovered) await databases.crash(signal);
  else if (replica !== undefined && !isStopped(replica))
    await stopThreads(databases.threads, signal);
};

/**
 * What a standby that is read-only needs: replicating, and the peer let in once it was seen that nothing here is astray.
 *
 * @returns whether it was crashed for this, and has not been in order since
 */
const tendReplica = async (
  databases: Databases,
  { view, peer }: Looks,
  memory: TendMemory,
  signal: AbortSignal,
): Promise<boolean> => {
  if (peer === undefined) return memory.recovered;
  const peerIsLetIn = peer.receiving && view.acknowledging > 0;
  const { settings } = databases;
  if (!peerIsLetIn && strayTransactions(view.logged, peer, settings.peer) !== undefined) {
    await keepApart(databases, view, memory, signal);
    return true;
  }
  if (mustFollow(view.replica, settings)) await follow(databases, view, signal);
  if (!peerIsLetIn) await setGate(databases, "UNLOCK", signal);
  return false;
};

/**
 * What an active node that is writable needs: commits that wait for the peer once it has caught up, and threads
 * towards the peer. From a peer that does not answer nothing is taken in until it has been seen again: what
 * it sent before it was cut off may come out of the wire much later.
 */
const tendSource = async (
  databases: Databases,
  { view, peer }: Looks,
  memory: TendMemory,
  signal: AbortSignal,
): Promise<boolean> => {
  if (peer === undefined) {
    if (mayReceive(view)) await stopThreads(databases.threads, signal, "IO_THREAD");
    return false;
  }
  if (!peer.readOnly) return false;
  const { settings } = databases;
  if (mustFollow(view.replica, settings) && peerIsBehind(view, peer)) {
    await follow(databases, view, signal);
  }
  if (!view.semiSync && hasCaughtUp(view, peer, memory.logged)) {
    await setSemiSync(databases.control, true, signal);
  }
  return nudge(databases, { view, peer, memory }, signal);
};

/** What both databases said, the own one first. */
export interface Looks {
  readonly view: DatabaseView;
  /** Absent when the peer's did not answer. */
  readonly peer: PeerDatabaseView | undefined;
}

/**
 * A write that failed on a full disk leaves its number in this node's position and nothing in its binary log: the peer
 * would seem to lack it until something else is written. Once nothing has been written from one look to the next, a
 * statement that changes nothing is.
 *
 * @returns whether the peer has been, or just was, nudged since it last had everything
 */
const nudge = async (
  { work }: Databases,
  { view, peer, memory }: Looks & { readonly peer: PeerDatabaseView; readonly memory: TendMemory },
  signal: AbortSignal,
): Promise<boolean> => {
  const rests = covers(memory.logged, view.logged) && peer.receiving;
  if (covers(furthest([peer.received, peer.applied, peer.logged]), view.logged)) return false;
  if (!rests || memory.nudged) return memory.nudged;
  await work.query("FLUSH USER_RESOURCES", SLOW_STATEMENT_MS, signal);
  return true;
};

const mayReceive = ({ replica }: DatabaseView): boolean =>
  replica !== undefined && replica.receiving !== "no";

/** Commits that waited for a peer far behind would all run into the semi-sync timeout. */
const hasCaughtUp = (view: DatabaseView, peer: PeerDatabaseView, earlier: Positions): boolean =>
  peer.receiving &&
  view.acknowledging > 0 &&
  covers(furthest([peer.received, peer.applied]), earlier);

/** What has to be remembered from one look to the next. */
export interface TendMemory {
  /** Where this node was at the last look: a peer that has this has caught up. */
  readonly logged: Positions;
  readonly passwordRenewed: boolean;
  /** A statement was written for a peer that seemed to lack something, and it has not had everything since. */
  readonly nudged: boolean;
  /** This node's MariaDB was crashed because of stray transactions, and has not been in order since. */
  readonly recovered: boolean;
}

export const FRESH_MEMORY: TendMemory = {
  logged: new Map(),
  passwordRenewed: false,
  nudged: false,
  recovered: false,
};

/** What came of tending. */
export interface Tended {
  /** What to hand in at the next call. */
  readonly memory: TendMemory;
  /** What both databases said before anything was done; absent where the role of this node's own was put right. */
  readonly looks: Looks | undefined;
}

/** Brings back what a restart of MariaDB, on either node, or a cut of the crosslink has undone. */
export const tendDatabase = async (
  databases: Databases,
  wanted: "open" | "closed",
  memory: TendMemory,
  signal: AbortSignal,
): Promise<Tended> => {
  const view = await readDatabase(databases.work, STATEMENT_MS, signal);
  const refused = view.replica?.receiveError?.errno === WRONG_PASSWORD;
  const next: TendMemory = { ...FRESH_MEMORY, logged: view.logged, passwordRenewed: refused };
  if (refused && !memory.passwordRenewed) {
    await renewPassword(databases, signal);
    return { memory: next, looks: undefined };
  }
  if (wanted === "open" && view.readOnly) {
    await openDatabase(databases, signal);
    return { memory: next, looks: undefined };
  }
  if (wanted === "closed" && !view.readOnly) {
    await closeDatabase(databases, signal);
    return { memory: { ...next, recovered: memory.recovered }, looks: undefined };
  }
  const looks = { view, peer: await askPeer(databases, PEER_ANSWERS_MS, signal) };
  const kept =
    wanted === "open"
      ? { nudged: await tendSource(databases, looks, memory, signal) }
      : { recovered: await tendReplica(databases, looks, memory, signal) };
  return { memory: { ...next, ...kept }, looks };
};
