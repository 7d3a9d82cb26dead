import type { Cell, Database, Row } from "../../appliance/database/client.ts";
import { markIn } from "./records.ts";
import type { CallKey, CallTags } from "../call-key.ts";
import type { AccRecord, Cdr, Party } from "./records.ts";
import type { Mediation } from "./mediate.ts";
import { PARTY_COLUMNS, PartyFacts } from "./parties.ts";
import { priceSettled } from "./prices.ts";

/** A row of kamailio.acc that is to be looked at; rows are read in the order of method, reply code and id. */
export type Found = CallTags & Pick<AccRecord, "id" | "method" | "code">;

/** One piece of what is to be looked at: rows behind `after`, at most `limit`. */
export interface Piece {
  readonly after: Pick<Found, "method" | "code" | "id"> | undefined;
  readonly limit: number;
}

/** What the mediator reads and writes. Every method may throw what Database.query throws. */
export interface Ledger {
  /** Calls with a stop record, or that were refused: read through an index that calls under way are not in. */
  readonly ended: (piece: Piece) => Promise<readonly Found[]>;
  /** Answered calls without a stop record whose dialog is gone, or that began before `beforeMs`. */
  readonly overdue: (piece: Piece, beforeMs: number) => Promise<readonly Found[]>;
  /**
   * The rows of `ids`, and of each of `calls` the first of each method and reply code, whichever side sent it: what a call
   * came to is told by these, however many others there are.
   */
  readonly records: (
    ids: readonly number[],
    calls: readonly CallTags[],
  ) => Promise<readonly AccRecord[]>;
  /** Which of `keys` have their call detail record. */
  readonly written: (keys: readonly CallKey[]) => Promise<ReadonlySet<CallKey>>;
  /** Which of `callIds` have a dialog in the proxy. */
  readonly dialogs: (callIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Writes the call detail records and marks the records, all of it or nothing. */
  readonly write: (mediation: Mediation) => Promise<void>;
  /** Puts what prepaid calls have cost into their call detail records, at most `limit` of them; answers how many. */
  readonly price: (limit: number) => Promise<number>;
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
  rows.map((row) => ({
    id: Number(row["id"]),
    method: text(row, "method"),
    code: text(row, "sip_code"),
    callId: text(row, "callid"),
    fromTag: text(row, "from_tag"),
    toTag: text(row, "to_tag"),
  }));

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

const COLUMNS = [
  "call_key, call_id, call_type, call_status, call_code, init_time, start_time, duration, ended_by, source_user_id, source_user, source_domain, source_cli, source_clir, source_ip, destination_user_id, destination_user, destination_domain, destination_user_dialed, destination_user_in, destination_domain_in",
  ...PARTY_COLUMNS,
].join(", ");

const NO_SUBSCRIBER = "0";

const rowOf = ({ source, destination, ...cdr }: Cdr, facts: readonly Cell[]): readonly Cell[] => [
  ...[cdr.key, cdr.callId, cdr.type, cdr.status, cdr.code],
  ...[seconds(cdr.startMs), seconds(cdr.startMs), seconds(cdr.durationMs), cdr.endedBy],
  ...[source.uuid || NO_SUBSCRIBER, source.user, source.domain],
  ...[(cdr.cli || source.user).slice(0, CLI_LENGTH), cdr.isHidden, cdr.sourceAddress],
  ...[destination.uuid || NO_SUBSCRIBER, cdr.routedUser, destination.domain],
  ...[cdr.dialled.user, cdr.dialled.user, cdr.dialled.domain],
  ...facts,
];

const insert = async (database: Database, cdrs: readonly Cdr[]): Promise<void> => {
  if (cdrs.length === 0) return;
  const facts = await PartyFacts.of(database, cdrs);
  const rows = cdrs.map((cdr) => rowOf(cdr, facts.cellsOf(cdr)));
  await database.query(`INSERT INTO accounting.cdr (${COLUMNS}) VALUES ?`, [rows]);
};

const RECORDS = `SELECT a.*, s.uuid AS src_uuid, d.uuid AS dst_uuid FROM kamailio.acc a
  LEFT JOIN kamailio.subscriber s ON s.username = a.src_user AND s.domain = a.src_domain
  LEFT JOIN kamailio.subscriber d ON d.username = a.dst_ouser AND d.domain = a.dst_domain
  WHERE a.id IN (?) AND a.mediated = 0`;

/**
 * A join that is led by the calls, so that each is looked up in the index: in that of all three words, which MariaDB, with
 * statistics of other times, takes for no better than the one of the Call-ID. Ids of two nodes are not in the order of time.
 */
const FIRST_OF_EACH = `WITH calls (callid, from_tag, to_tag) AS (VALUES CALLS)
  SELECT CAST(SUBSTRING_INDEX(MIN(CONCAT(LPAD(a.time_hires, 20, '0'), ' ', a.id)), ' ', -1) AS UNSIGNED) AS id
  FROM calls c STRAIGHT_JOIN kamailio.acc a FORCE INDEX (call_idx) USING (callid, from_tag, to_tag)
  WHERE a.mediated = 0 GROUP BY a.callid, a.from_tag, a.to_tag, a.method, a.sip_code`;
const ONE_CALL = "(?, ?, ?)";

const FOUND = "SELECT id, method, sip_code, callid, from_tag, to_tag FROM kamailio.acc";
/** An index keeps this order, so that a piece is read and nothing is sorted. */
const IN_ORDER = "ORDER BY method, sip_code, id LIMIT ?";
const BEHIND =
  "(method > ? OR (method = ? AND sip_code > ?) OR (method = ? AND sip_code = ? AND id > ?))";

/** Every ended row but an answer that waits for its stop, in four ranges of the index. */
const ENDED_RANGES = [
  "method < 'INVITE'",
  "method = 'INVITE' AND sip_code < '2'",
  "method = 'INVITE' AND sip_code >= '3'",
  "method > 'INVITE'",
];

const endedRange = (range: string): string =>
  `(${FOUND} FORCE INDEX (mediated_idx) WHERE mediated = 0 AND ${range} AND ${BEHIND} ${IN_ORDER})`;
const ENDED = `SELECT * FROM (${ENDED_RANGES.map(endedRange).join(" UNION ALL ")}) ended ${IN_ORDER}`;

const OVERDUE = `SELECT a.id, a.method, a.sip_code, a.callid, a.from_tag, a.to_tag
  FROM kamailio.acc a FORCE INDEX (mediated_idx)
  LEFT JOIN kamailio.dialog d ON d.callid = a.callid
  WHERE a.mediated = 0 AND a.method = 'INVITE' AND a.sip_code >= '2' AND a.sip_code < '3'
  AND (a.sip_code > ? OR (a.sip_code = ? AND a.id > ?))
  AND (d.id IS NULL OR a.time_hires < ?) ORDER BY a.method, a.sip_code, a.id LIMIT ?`;

const BEFORE_ALL = { method: "", code: "", id: 0 };

const ended = async (
  database: Database,
  { after = BEFORE_ALL, limit }: Piece,
): Promise<readonly Found[]> => {
  const { method, code, id } = after;
  const behind = [method, method, code, method, code, id, limit];
  return foundIn(await database.query(ENDED, [...ENDED_RANGES.flatMap(() => behind), limit]));
};

const overdue = async (
  database: Database,
  { after = BEFORE_ALL, limit }: Piece,
  beforeMs: number,
): Promise<readonly Found[]> => {
  const { code, id } = after;
  return foundIn(await database.query(OVERDUE, [code, code, id, seconds(beforeMs), limit]));
};

const firstOfEach = async (
  database: Database,
  calls: readonly CallTags[],
): Promise<readonly number[]> => {
  if (calls.length === 0) return [];
  const sides = calls.flatMap(({ callId, fromTag, toTag }) => [
    [callId, fromTag, toTag],
    [callId, toTag, fromTag],
  ]);
  const statement = FIRST_OF_EACH.replace("CALLS", sides.map(() => ONE_CALL).join(", "));
  return (await database.query(statement, sides.flat())).map((row) => Number(row["id"]));
};

const recordsOf = async (
  database: Database,
  ids: readonly number[],
  calls: readonly CallTags[],
): Promise<readonly AccRecord[]> => {
  const all = [...new Set([...ids, ...(await firstOfEach(database, calls))])];
  return all.length === 0 ? [] : (await database.query(RECORDS, [all])).map(recordOf);
};

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
  ended: (piece) => ended(database, piece),
  overdue: (piece, beforeMs) => overdue(database, piece, beforeMs),
  records: (ids, calls) => recordsOf(database, ids, calls),
  written: (keys) =>
    setOf(database, "SELECT call_key AS value FROM accounting.cdr WHERE call_key IN (?)", keys),
  dialogs: (callIds) =>
    setOf(database, "SELECT callid AS value FROM kamailio.dialog WHERE callid IN (?)", callIds),
  write: ({ cdrs, done, stray }) =>
    database.inTransaction(async () => {
      await insert(database, cdrs);
      await mark(database, done, IN_CDR);
      await mark(database, stray, OF_NO_CALL);
    }),
  price: (limit) => priceSettled(database, limit),
  putAway: (beforeMs, limit) => putAway(database, beforeMs, limit),
});
