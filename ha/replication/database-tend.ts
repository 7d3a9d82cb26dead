import { covers, formatPositions, furthest } from "./gtid.ts";
import { strayTransactions } from "./database-view.ts";
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
import type { DatabaseView, ReplicaView } from "./database-view.ts";
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

const isRunning = (replica: ReplicaView | undefined): boolean =>
  replica !== undefined && (replica.receiving !== "no" || replica.applying);

const hasFailed = (replica: ReplicaView | undefined): boolean =>
  replica?.receiveError !== undefined || replica?.applyError !== undefined;

/** True when the threads are to be set up or started; those that stopped with an error are left for the status to name. */
const mustFollow = (replica: ReplicaView | undefined, settings: ReplicationSettings): boolean =>
  !isConfigured(replica, settings) || (!isRunning(replica) && !hasFailed(replica));

/**
 * Starts replication from the peer. The position covers this node's own domain too: the peer would otherwise be
 * asked for transactions that it may have purged, which ends in error 1236.
 */
const follow = async (
  { work, settings }: Databases,
  view: DatabaseView,
  signal: AbortSignal,
): Promise<void> => {
  if (isRunning(view.replica)) await work.query("STOP SLAVE", SLOW_STATEMENT_MS, signal);
  const position = furthest([view.applied, view.logged]);
  if (!covers(view.applied, position)) {
    const statement = `SET GLOBAL gtid_slave_pos = ${quote(formatPositions(position))}`;
    await work.query(statement, STATEMENT_MS, signal);
  }
  if (!isConfigured(view.replica, settings)) await configure(work, settings, signal);
  await work.query("START SLAVE", STATEMENT_MS, signal);
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

/** The rights of a new pair secret reach replication threads that were set up with the old one. */
const renewPassword = async (
  { work, settings }: Databases,
  replica: ReplicaView | undefined,
  signal: AbortSignal,
): Promise<void> => {
  if (isRunning(replica)) await work.query("STOP SLAVE", SLOW_STATEMENT_MS, signal);
  await configure(work, settings, signal);
  await work.query("START SLAVE", STATEMENT_MS, signal);
};

/** What a standby needs: read-only, replicating, and the peer let in once it was seen that nothing here is astray. */
const tendReplica = async (
  databases: Databases,
  view: DatabaseView,
  signal: AbortSignal,
): Promise<void> => {
  if (!view.readOnly) return closeDatabase(databases, signal);
  const peer = await askPeer(databases, PEER_ANSWERS_MS, signal);
  if (peer === undefined) return;
  const peerIsLetIn = peer.receiving && view.acknowledging > 0;
  if (!peerIsLetIn && strayTransactions(view.logged, peer, databases.settings.peer) !== undefined) {
    await shutGate(databases, signal);
    if (isRunning(view.replica))
      await databases.work.query("STOP SLAVE", SLOW_STATEMENT_MS, signal);
    return;
  }
  if (mustFollow(view.replica, databases.settings)) await follow(databases, view, signal);
  if (!peerIsLetIn) await setGate(databases, "UNLOCK", signal);
};

/** What the active node needs: writable, commits that wait for the peer once it has caught up, threads towards the peer. */
const tendSource = async (
  databases: Databases,
  view: DatabaseView,
  earlier: Positions,
  signal: AbortSignal,
): Promise<void> => {
  if (view.readOnly) return openDatabase(databases, signal);
  const peer = await askPeer(databases, PEER_ANSWERS_MS, signal);
  if (peer === undefined || !peer.readOnly) return;
  if (mustFollow(view.replica, databases.settings)) await follow(databases, view, signal);
  const caughtUp = covers(furthest([peer.received, peer.applied]), earlier);
  if (!view.semiSync && peer.receiving && view.acknowledging > 0 && caughtUp) {
    await setSemiSync(databases.control, true, signal);
  }
};

/** What has to be remembered from one look to the next. */
export interface TendMemory {
  /** Where this node was at the last look: a peer that has this has caught up. */
  readonly logged: Positions;
  readonly passwordRenewed: boolean;
}

export const FRESH_MEMORY: TendMemory = { logged: new Map(), passwordRenewed: false };

/**
 * Brings back what a restart of MariaDB, on either node, or a cut of the crosslink has undone.
 *
 * @returns what to hand in at the next call
 */
export const tendDatabase = async (
  databases: Databases,
  wanted: "open" | "closed",
  memory: TendMemory,
  signal: AbortSignal,
): Promise<TendMemory> => {
  const view = await readDatabase(databases.work, STATEMENT_MS, signal);
  const refused = view.replica?.receiveError?.errno === WRONG_PASSWORD;
  if (refused && !memory.passwordRenewed) await renewPassword(databases, view.replica, signal);
  else if (wanted === "open") await tendSource(databases, view, memory.logged, signal);
  else await tendReplica(databases, view, signal);
  return { logged: view.logged, passwordRenewed: refused };
};
