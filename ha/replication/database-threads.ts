import { SLOW_STATEMENT_MS, STATEMENT_MS, quote } from "./database-moves.ts";
import { formatPositions, furthest, parsePositions, withoutDomain } from "./gtid.ts";
import { isPassing } from "./replica-rules.ts";
import type { DatabaseView, ReplicaView } from "./database-view.ts";
import type { Databases, ReplicationSettings } from "./database-moves.ts";
import type { Positions } from "./gtid.ts";
import { text } from "./sql.ts";
import type { Sql } from "./sql.ts";

const OWN_POSITION = "SELECT @@GLOBAL.gtid_slave_pos AS position";
/** A peer that has caught up applies what was written a moment ago within milliseconds. */
const PEER_APPLIES_SECONDS = 1;

const isConfigured = (replica: ReplicaView | undefined, settings: ReplicationSettings): boolean =>
  replica?.host === settings.peerHost &&
  replica.user === settings.user &&
  replica.port === settings.port &&
  replica.usingGtid === "Slave_Pos" &&
  replica.heartbeatSeconds === 1 &&
  replica.connectRetrySeconds === 1;

export const isStopped = (replica: ReplicaView): boolean =>
  replica.receiving === "no" && !replica.applying;

/** True when a thread stopped with an error that starting it again does not cure. */
const hasFailed = ({ receiveError, applyError }: ReplicaView): boolean =>
  applyError !== undefined || (receiveError !== undefined && !isPassing(receiveError.errno));

/** True when the threads are to be set up or started. */
export const mustFollow = (
  replica: ReplicaView | undefined,
  settings: ReplicationSettings,
): replica is undefined | ReplicaView =>
  replica === undefined ||
  !isConfigured(replica, settings) ||
  ((replica.receiving === "no" || !replica.applying) && !hasFailed(replica));

/**
 * What this node wrote itself is in its binary log, and only there it counts: recovery may have cut off what
 * gtid_slave_pos was once set to cover.
 */
const whereToGoOn = ({ applied, logged }: DatabaseView, selfId: number): Positions => {
  const own = logged.get(selfId);
  const all = furthest([applied, logged]);
  return own === undefined ? all : new Map([...all, [selfId, own]]);
};

/**
 * Of its own domain the server takes the end of its binary log by itself: on the active node it is further than it was a
 * moment ago, and a position before it is refused (error 1947).
 */
const startFrom = (known: Positions, { logged }: DatabaseView, selfId: number): string => {
  if (!logged.has(selfId)) return `SET GLOBAL gtid_slave_pos = ${quote(formatPositions(known))}`;
  const others = quote(formatPositions(withoutDomain(known, selfId)));
  const all = "CONCAT(',', @@GLOBAL.gtid_binlog_pos)";
  const own = `REGEXP_SUBSTR(${all}, ',${selfId}-[0-9]+-[0-9]+')`;
  return `SET GLOBAL gtid_slave_pos = TRIM(BOTH ',' FROM CONCAT(${others}, ${own}))`;
};

/**
 * Starts replication from the peer. The position covers this node's own domain too: the peer would otherwise be
 * asked for transactions that it may have purged, which ends in error 1236.
 */
export const follow = async (
  { threads, settings }: Databases,
  view: DatabaseView,
  signal: AbortSignal,
): Promise<void> => {
  const { replica } = view;
  const configured = isConfigured(replica, settings);
  if (replica !== undefined && !configured) await stopThreads(threads, signal);
  if (replica === undefined || !configured || isStopped(replica)) {
    const known = whereToGoOn(view, settings.selfId);
    if (formatPositions(known) !== formatPositions(view.applied))
      await threads.query(startFrom(known, view, settings.selfId), STATEMENT_MS, signal);
  }
  if (!configured) await configure(threads, settings, signal);
  await threads.query("START SLAVE", STATEMENT_MS, signal);
};

/**
 * Goes on from where this node, which is written to, is itself. The peer serves a position only once it has applied it
 * (error 1236 before that), and what clients write meanwhile puts this node ahead of it again: so the position stays where
 * it was set, and the threads start when the peer has come to it. Where it does not come, the next look begins anew.
 */
export const followFromHere = async (
  { threads, peer, settings }: Databases,
  view: DatabaseView,
  signal: AbortSignal,
): Promise<void> => {
  const { selfId } = settings;
  await stopThreads(threads, signal);
  await threads.query(startFrom(whereToGoOn(view, selfId), view, selfId), STATEMENT_MS, signal);
  const [row = {}] = await threads.query(OWN_POSITION, STATEMENT_MS, signal);
  const own = parsePositions(text(row, "position")).get(selfId);
  if (own !== undefined) {
    const position = quote(formatPositions(new Map([[selfId, own]])));
    const wait = `SELECT MASTER_GTID_WAIT(${position}, ${PEER_APPLIES_SECONDS})`;
    await peer.query(wait, STATEMENT_MS, signal);
  }
  await configure(threads, settings, signal);
  await threads.query("START SLAVE", STATEMENT_MS, signal);
};

/** What has been sent to a thread that waits may still arrive: only a closed connection takes nothing in. */
export const stopThreads = async (threads: Sql, signal: AbortSignal): Promise<void> => {
  await threads.query("STOP SLAVE", SLOW_STATEMENT_MS, signal);
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
export const renewPassword = async (
  { threads, settings }: Databases,
  signal: AbortSignal,
): Promise<void> => {
  await stopThreads(threads, signal);
  await configure(threads, settings, signal);
  await threads.query("START SLAVE", STATEMENT_MS, signal);
};
