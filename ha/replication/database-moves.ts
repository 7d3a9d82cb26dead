import { covers, formatPositions, furthest, withoutDomain } from "./gtid.ts";
import { DatabaseRefusedError, DatabaseUnreachableError } from "./errors.ts";
import { readDatabase, readPeerDatabase } from "./sql.ts";
import type { DatabaseView, PeerDatabaseView } from "./database-view.ts";
import type { Positions } from "./gtid.ts";
import type { CopyProgress } from "./replica-rules.ts";
import type { Sql } from "./sql.ts";

/** How this node replicates from its peer. */
export interface ReplicationSettings {
  readonly peer: string;
  readonly selfId: number;
  readonly peerId: number;
  /** The peer's crosslink address. */
  readonly peerHost: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface Databases {
  /** Carries what must be quick and in order: writable or not. */
  readonly control: Sql;
  /** Carries accounts and connections that are ended. */
  readonly work: Sql;
  /** Carries what may take seconds: replication threads. */
  readonly threads: Sql;
  /** The peer's MariaDB, to ask where it is. */
  readonly peer: Sql;
  readonly settings: ReplicationSettings;
  /** SIGKILL to this node's MariaDB, which starts again and recovers. */
  readonly crash: (signal: AbortSignal) => Promise<void>;
  readonly copies: CopyPort;
  /** This node serves, and its database lacks what it wrote itself: an older one took the place of it. */
  readonly wentBack: () => void;
  /** How the binary log stands since MariaDB's last start. */
  readonly cut: () => BinaryLogCut;
}

/**
 * `whole`: nothing was cut off it, or the position goes on from what was kept. `unchecked`: it was cut, and that is not
 * known yet. `miscounted`: the position is another one, so that replication would leave transactions out.
 */
export type BinaryLogCut = "whole" | "unchecked" | "miscounted";

/** What is known of a database from its files. */
export interface OnDisk {
  /** A copy that is under way. */
  readonly copying: CopyProgress | undefined;
  readonly cut: BinaryLogCut;
}

/** Copies of the peer's database, taken by a program of their own. */
export interface CopyPort {
  /** A copy that is under way; absent when none is. */
  progress(): CopyProgress | undefined;
  /** Begins one, unless one is under way or the last one was begun a short time ago. */
  begin(signal: AbortSignal): Promise<void>;
}

/** Threads that run are those of no database that is about to be replaced: at rest no file is read for this. */
export const lookOnDisk = (
  { copies, cut }: Pick<Databases, "copies" | "cut">,
  { replica }: DatabaseView,
): OnDisk =>
  replica?.receiving === "yes" && replica.applying
    ? { copying: undefined, cut: "whole" }
    : { copying: copies.progress(), cut: cut() };

export const STATEMENT_MS = 2_000;
/** STOP SLAVE waits for a dead peer's connection to end. */
export const SLOW_STATEMENT_MS = 10_000;
/** A peer that is alive answers within a few milliseconds; a takeover does not wait for one that is dead. */
const PEER_ANSWERS_MS = 100;
/** How long the new active node waits for the old one, where it answers, to become read-only. */
const PEER_CLOSES_MS = 500;
const PEER_CLOSES_POLL_MS = 5;
/** A busy peer may be slow; taking it for dead would cut off the last transactions on their way to it. */
const PEER_ANSWERS_CLOSING_MS = 1_000;
const APPLIED_WAIT_SECONDS = 0.05;
/**
 * How long nothing may arrive of what a closed peer says it has. A full disk leaves transactions in its position that
 * never came into its binary log, and that nobody was told to be committed: they are not waited for.
 */
const NOTHING_ARRIVES_MS = 2_000;
/** Statements of clients that have not ended in this time are ended with their connections. */
const WRITERS_GRACE_MS = 20;
const NO_SUCH_THREAD = 1094;
const OWN_ACCOUNTS =
  "'ngcp_ha', 'ngcp_peer', 'ngcp_replica', 'system user', 'event_scheduler', 'root'";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const quote = (value: string): string =>
  `'${value.replace(/[\\']/g, (sign) => `\\${sign}`)}'`;

/** @returns what the peer says, or `undefined` when it does not answer in time */
export const askPeer = async (
  databases: Databases,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<PeerDatabaseView | undefined> => {
  try {
    return await readPeerDatabase(databases.peer, timeoutMs, signal);
  } catch (error) {
    if (error instanceof DatabaseUnreachableError || error instanceof DatabaseRefusedError) return;
    throw error;
  }
};

/** Waits until what has arrived here, and `beyond` while it goes on arriving, has been applied. */
const applyAll = async (
  { control, settings }: Databases,
  beyond: Positions,
  signal: AbortSignal,
): Promise<void> => {
  let newest = "";
  let arrivedAt = performance.now();
  for (;;) {
    const view = await readDatabase(control, STATEMENT_MS, signal);
    if (view.replica?.applying !== true) return;
    const received = formatPositions(view.replica.received);
    if (received !== newest) [newest, arrivedAt] = [received, performance.now()];
    const arrives =
      view.replica.receiving === "yes" && performance.now() - arrivedAt < NOTHING_ARRIVES_MS;
    const arriving = arrives ? beyond : new Map();
    const wanted = withoutDomain(furthest([view.replica.received, arriving]), settings.selfId);
    if (covers(view.applied, wanted)) return;
    const position = quote(formatPositions(wanted));
    const wait = `SELECT MASTER_GTID_WAIT(${position}, ${APPLIED_WAIT_SECONDS})`;
    await control.query(wait, STATEMENT_MS, signal);
  }
};

/** @returns where the peer stopped writing; `undefined` when it does not answer or goes on writing */
const peerOnceClosed = async (
  databases: Databases,
  signal: AbortSignal,
): Promise<PeerDatabaseView | undefined> => {
  for (let waitedMs = 0; waitedMs < PEER_CLOSES_MS; waitedMs += PEER_CLOSES_POLL_MS) {
    const peer = await askPeer(databases, PEER_ANSWERS_MS, signal);
    if (peer === undefined || peer.readOnly) return peer;
    await pause(PEER_CLOSES_POLL_MS);
  }
  return undefined;
};

export const setSemiSync = async (sql: Sql, on: boolean, signal: AbortSignal): Promise<void> => {
  const statement = `SET GLOBAL rpl_semi_sync_master_enabled = ${on ? "ON" : "OFF"}`;
  await sql.query(statement, STATEMENT_MS, signal);
};

/** The account that the peer replicates with, locked at every start of MariaDB until positions were compared. */
export const setGate = async (
  { work, settings }: Databases,
  to: "LOCK" | "UNLOCK",
  signal: AbortSignal,
): Promise<void> => {
  await work.query("SET SESSION sql_log_bin = OFF", STATEMENT_MS, signal);
  const account = `${quote(settings.user)}@${quote(settings.peerHost)}`;
  await work.query(`ALTER USER ${account} ACCOUNT ${to}`, STATEMENT_MS, signal);
};

const endConnections = async (sql: Sql, which: string, signal: AbortSignal): Promise<void> => {
  const list = `SELECT CAST(ID AS CHAR) AS id FROM information_schema.PROCESSLIST WHERE ${which}`;
  for (const row of await sql.query(list, STATEMENT_MS, signal)) {
    try {
      await sql.query(`KILL CONNECTION ${String(row["id"])}`, STATEMENT_MS, signal);
    } catch (error) {
      if (!(error instanceof DatabaseRefusedError && error.errno === NO_SUCH_THREAD)) throw error;
    }
  }
};

export const shutGate = async (databases: Databases, signal: AbortSignal): Promise<void> => {
  await setGate(databases, "LOCK", signal);
  await endConnections(databases.work, `USER = ${quote(databases.settings.user)}`, signal);
};

/**
 * Makes this node's database the one that is written to. What the old active node acknowledged is here before
 * the first statement that writes: either it has arrived (semi-sync) or, where the old node answers, it is awaited.
 */
export const openDatabase = async (databases: Databases, signal: AbortSignal): Promise<void> => {
  const { control } = databases;
  await setSemiSync(control, false, signal);
  const [peer] = await Promise.all([
    peerOnceClosed(databases, signal),
    applyAll(databases, new Map(), signal),
  ]);
  if (peer !== undefined) await applyAll(databases, peer.logged, signal);
  const { acknowledging } = await readDatabase(control, STATEMENT_MS, signal);
  if (peer?.receiving === true && acknowledging > 0) await setSemiSync(control, true, signal);
  await control.query("SET GLOBAL read_only = OFF", STATEMENT_MS, signal);
  await setGate(databases, "UNLOCK", signal);
};

/** SET GLOBAL read_only waits for every statement that writes; those that do not end soon are ended. */
const stopWriting = async (databases: Databases, signal: AbortSignal): Promise<void> => {
  let waiting = true;
  const readOnly = databases.control
    .query("SET GLOBAL read_only = ON", SLOW_STATEMENT_MS, signal)
    .finally(() => (waiting = false));
  const endWriters = async (): Promise<void> => {
    await Promise.race([pause(WRITERS_GRACE_MS), readOnly]);
    while (waiting) {
      const writers = `COMMAND <> 'Sleep' AND USER NOT IN (${OWN_ACCOUNTS})`;
      await endConnections(databases.work, writers, signal);
      await Promise.race([pause(WRITERS_GRACE_MS), readOnly]);
    }
  };
  // A server that hangs ends no writers either: that it did not close in time is what counts then.
  const ending = endWriters().catch((error: unknown) => {
    if (!(error instanceof DatabaseUnreachableError)) throw error;
  });
  await Promise.all([readOnly, ending]);
};

/**
 * Ends writing here. A MariaDB that is not running is closed: it starts read-only. Where the peer does not answer
 * it may have taken over already, so it may not fetch what it lacks before both positions have been compared.
 */
export const closeDatabase = async (databases: Databases, signal: AbortSignal): Promise<void> => {
  try {
    await stopWriting(databases, signal);
  } catch (error) {
    if (error instanceof DatabaseUnreachableError && error.notRunning) return;
    throw error;
  }
  await setSemiSync(databases.control, false, signal);
  const peer = await askPeer(databases, PEER_ANSWERS_CLOSING_MS, signal);
  if (peer === undefined) await shutGate(databases, signal);
};

/** The peer is silent: commits stop waiting for it at once, and not only after the semi-sync timeout. */
export const stopWaitingForPeer = (databases: Databases, signal: AbortSignal): Promise<void> =>
  setSemiSync(databases.control, false, signal);
