import type { Cell, Database, Row } from "../../appliance/database/client.ts";
import { markIn } from "./records.ts";
import type { AccRecord, CallKey, Cdr, Party } from "./records.ts";
import type { Mediation } from "./mediate.ts";

/** A Call-ID and the row of kamailio.acc that named it; rows are read in the order of their ids. */
export interface Found {
  readonly id: number;
  readonly callId: string;
}

/** One piece of what is to be looked at: rows with an id above `after`, at most `limit`. */
export interface Piece {
  readonly after: number;
  readonly limit: number;
}

/** What the mediator reads and writes. Every method may throw what Database.query throws. */
export interface Ledger {
  /** Calls with a stop record, or that were refused: read through an index that calls under way are not in. */
  readonly ended: (piece: Piece) => Promise<readonly Found[]>;
  /** Answered calls without a stop record whose dialog is gone, or that began before `beforeMs`. */
  readonly overdue: (piece: Piece, beforeMs: number) => Promise<readonly Found[]>;
  readonly records: (callIds: readonly string[]) => Promise<readonly AccRecord[]>;
  /** Which of `keys` have their call detail record. */
  readonly written: (keys: readonly CallKey[]) => Promise<ReadonlySet<CallKey>>;
  /** Which of `callIds` have a dialog in the proxy. */
  readonly dialogs: (callIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Writes the call detail records and marks the records, all of it or nothing. */
  readonly write: (mediation: Mediation) => Promise<void>;
  /** Moves marked records that are older than `beforeMs` to accounting, at most `limit`; answers how many. */
  readonly putAway: (beforeMs: number, limit: number) => Promise<number>;
}

const IN_CDR = 1;
const OF_NO_CALL = 2;

const text = (row: Row, column: string): string => {
  const value = row[column];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

const foundIn = (rows: readonly Row[]): readonly Found[] =>
  rows.map((row) => ({ id: Number(row["id"]), callId: text(row, "callid") }));

/**
 * The proxy's mark knows a subscriber that was called by a number; a record without one is looked up by name. What a peer
 * calls itself proves nothing: it is none of our subscribers.
 */
const partyOf = (row: Row, prefix: "src" | "dst", user: string): Party => {
  const leg = text(row, `${prefix}_leg`);
  const named = markIn(leg, "peer") === "" ? text(row, `${prefix}_uuid`) : "";
  return {
    user: text(row, user),
    domain: text(row, `${prefix}_domain`),
    uuid: markIn(leg, "uuid") || named,
  };
};

const recordOf = (row: Row): AccRecord => ({
  id: Number(row["id"]),
  method: text(row, "method"),
  callId: text(row, "callid"),
  fromTag: text(row, "from_tag"),
  toTag: text(row, "to_tag"),
  code: text(row, "sip_code"),
  reason: text(row, "sip_reason"),
  atMs: Math.round(Number(row["time_hires"]) * 1_000),
  source: partyOf(row, "src", "src_user"),
  destination: partyOf(row, "dst", "dst_ouser"),
  sourceAddress: text(row, "src_ip"),
  routedUser: text(row, "dst_user"),
  sourceLeg: text(row, "src_leg"),
  destinationLeg: text(row, "dst_leg"),
});

/** The widths of accounting.cdr are those of kamailio.acc but for the caller's number. */
const CLI_LENGTH = 64;

const COLUMNS =
  "call_key, call_id, call_type, call_status, call_code, init_time, start_time, duration, ended_by, source_user_id, source_user, source_domain, source_cli, source_clir, source_ip, destination_user_id, destination_user, destination_domain, destination_user_dialed, destination_user_in, destination_domain_in";

const NO_SUBSCRIBER = "0";

const rowOf = ({ source, destination, ...cdr }: Cdr): readonly Cell[] => [
  ...[cdr.key, cdr.callId, cdr.type, cdr.status, cdr.code],
  ...[seconds(cdr.startMs), seconds(cdr.startMs), seconds(cdr.durationMs), cdr.endedBy],
  ...[source.uuid || NO_SUBSCRIBER, source.user, source.domain],
  ...[(cdr.cli || source.user).slice(0, CLI_LENGTH), cdr.isHidden, cdr.sourceAddress],
  ...[destination.uuid || NO_SUBSCRIBER, cdr.routedUser, destination.domain],
  ...[destination.user, destination.user, destination.domain],
];

const RECORDS = `SELECT a.*, s.uuid AS src_uuid, d.uuid AS dst_uuid FROM kamailio.acc a
  LEFT JOIN kamailio.subscriber s ON s.username = a.src_user AND s.domain = a.src_domain
  LEFT JOIN kamailio.subscriber d ON d.username = a.dst_ouser AND d.domain = a.dst_domain
  WHERE a.callid IN (?) AND a.mediated = 0`;

const ENDED = `SELECT id, callid FROM (
    SELECT id, callid FROM kamailio.acc WHERE mediated = 0 AND method < 'INVITE'
    UNION ALL SELECT id, callid FROM kamailio.acc WHERE mediated = 0 AND method > 'INVITE'
    UNION ALL SELECT id, callid FROM kamailio.acc WHERE mediated = 0 AND method = 'INVITE' AND sip_code < '2'
    UNION ALL SELECT id, callid FROM kamailio.acc WHERE mediated = 0 AND method = 'INVITE' AND sip_code >= '3'
  ) ended WHERE id > ? ORDER BY id LIMIT ?`;

const OVERDUE = `SELECT a.id, a.callid FROM kamailio.acc a
  LEFT JOIN kamailio.dialog d ON d.callid = a.callid
  WHERE a.mediated = 0 AND a.method = 'INVITE' AND a.sip_code >= '2' AND a.sip_code < '3' AND a.id > ?
  AND (d.id IS NULL OR a.time_hires < ?) ORDER BY a.id LIMIT ?`;

const setOf = async (
  database: Database,
  statement: string,
  values: readonly string[],
): Promise<ReadonlySet<string>> => {
  if (values.length === 0) return new Set();
  const rows = await database.query(statement, [values]);
  return new Set(rows.map((row) => text(row, "value")));
};

/** By the primary key alone: on a range of an index MariaDB would lock out the proxy, which adds rows there. */
const mark = async (database: Database, ids: readonly number[], as: number): Promise<void> => {
  if (ids.length > 0)
    await database.query("UPDATE kamailio.acc SET mediated = ? WHERE id IN (?)", [as, ids]);
};

const MOVED =
  "method, from_tag, to_tag, callid, sip_code, sip_reason, time, time_hires, src_leg, dst_leg, dst_user, dst_ouser, dst_domain, src_user, src_domain, src_ip, branch_id";

const move = async (database: Database, ids: readonly number[], table: string): Promise<void> => {
  if (ids.length === 0) return;
  await database.query(
    `INSERT INTO accounting.${table} (${MOVED}) SELECT ${MOVED} FROM kamailio.acc WHERE id IN (?)`,
    [ids],
  );
  await database.query("DELETE FROM kamailio.acc WHERE id IN (?)", [ids]);
};

const putAway = async (database: Database, beforeMs: number, limit: number): Promise<number> => {
  const rows = await database.query(
    "SELECT id, mediated FROM kamailio.acc WHERE mediated > 0 AND time_hires < ? LIMIT ?",
    [seconds(beforeMs), limit],
  );
  if (rows.length === 0) return 0;
  const idsOf = (as: number): readonly number[] =>
    rows.filter((row) => Number(row["mediated"]) === as).map((row) => Number(row["id"]));
  await database.inTransaction(async () => {
    await move(database, idsOf(IN_CDR), "acc_backup");
    await move(database, idsOf(OF_NO_CALL), "acc_trash");
  });
  return rows.length;
};

export const ledgerOf = (database: Database): Ledger => ({
  ended: async ({ after, limit }) => foundIn(await database.query(ENDED, [after, limit])),
  overdue: async ({ after, limit }, beforeMs) =>
    foundIn(await database.query(OVERDUE, [after, seconds(beforeMs), limit])),
  records: async (callIds) => (await database.query(RECORDS, [callIds])).map(recordOf),
  written: (keys) =>
    setOf(database, "SELECT call_key AS value FROM accounting.cdr WHERE call_key IN (?)", keys),
  dialogs: (callIds) =>
    setOf(database, "SELECT callid AS value FROM kamailio.dialog WHERE callid IN (?)", callIds),
  write: ({ cdrs, done, stray }) =>
    database.inTransaction(async () => {
      if (cdrs.length > 0)
        await database.query(`INSERT INTO accounting.cdr (${COLUMNS}) VALUES ?`, [cdrs.map(rowOf)]);
      await mark(database, done, IN_CDR);
      await mark(database, stray, OF_NO_CALL);
    }),
  putAway: (beforeMs, limit) => putAway(database, beforeMs, limit),
});
