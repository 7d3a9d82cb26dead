import type { Cell, Database, Row } from "./client.ts";

/** Which call detail records are wanted. Times are seconds since 1970, of the start of the call. */
export interface Wanted {
  readonly from?: number | undefined;
  /** Not included. */
  readonly to?: number | undefined;
  readonly callId?: string | undefined;
  readonly status?: string | undefined;
  readonly endedBy?: string | undefined;
  /** Those alone that no export has written to a file. */
  readonly unexported?: boolean | undefined;
}

const PAGE = 5_000;

const conditionsOf = (wanted: Wanted): { readonly where: string; readonly values: Cell[] } => {
  const given = (
    [
      ["start_time >= ?", wanted.from],
      ["start_time < ?", wanted.to],
      ["call_id = ?", wanted.callId],
      ["call_status = ?", wanted.status],
      ["ended_by = ?", wanted.endedBy],
    ] as const
  ).flatMap(([condition, value]) => (value === undefined ? [] : [{ condition, value }]));
  const unexported = wanted.unexported === true ? ["export_status <> 'ok'"] : [];
  return {
    where: ["TRUE", ...unexported, ...given.map(({ condition }) => condition)].join(" AND "),
    values: given.map(({ value }) => value),
  };
};

/** Names of the columns of accounting.cdr, in their order. */
export const cdrColumns = async (database: Database): Promise<readonly string[]> => {
  const rows = await database.query("SHOW COLUMNS FROM accounting.cdr");
  return rows.map((row) => String(row["Field"]));
};

/** Every record that is wanted, page by page in the order of the ids, so that any number of them fits into memory. */
export const eachPage = async function* (
  database: Database,
  wanted: Wanted,
): AsyncGenerator<readonly Row[]> {
  const { where, values } = conditionsOf(wanted);
  for (let after: Cell = 0; ;) {
    const rows = await database.query(
      `SELECT * FROM accounting.cdr WHERE id > ? AND ${where} ORDER BY id LIMIT ?`,
      [after, ...values, PAGE],
    );
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = Number(last["id"]);
  }
};

/** Marks records as exported, all of them or none. By the primary key, so that the mediator is not locked out. */
export const markExported = (database: Database, ids: readonly number[]): Promise<void> =>
  database.inTransaction(async () => {
    for (let first = 0; first < ids.length; first += PAGE)
      await database.query(
        "UPDATE accounting.cdr SET export_status = 'ok', exported_at = NOW() WHERE id IN (?)",
        [ids.slice(first, first + PAGE)],
      );
  });

/** The newest ones first. */
export const newest = (
  database: Database,
  wanted: Wanted,
  limit: number,
): Promise<readonly Row[]> => {
  const { where, values } = conditionsOf(wanted);
  return database.query(
    `SELECT * FROM accounting.cdr WHERE ${where} ORDER BY start_time DESC, id DESC LIMIT ?`,
    [...values, limit],
  );
};

/** How far the mediator is. */
export interface Backlog {
  /** True where records are written: on the active node. */
  readonly writable: boolean;
  /** Calls that were answered and have neither a stop record nor a call detail record. */
  readonly callsUnderWay: number;
  /** Stop records, and records of refused calls, that are in no call detail record yet. */
  readonly recordsWaiting: number;
  /** Age of the oldest of them in seconds; 0 when there is none. */
  readonly oldestSeconds: number;
  readonly cdrs: number;
  /** Of those, calls whose stop never came. */
  readonly closedByRule: number;
  readonly unexported: number;
}

const BACKLOG = `SELECT @@GLOBAL.read_only = 0 AS writable,
  (SELECT COUNT(*) FROM kamailio.acc WHERE mediated = 0 AND method = 'INVITE' AND sip_code >= '2' AND sip_code < '3') AS underWay,
  COUNT(w.id) AS waiting, COALESCE(UNIX_TIMESTAMP(NOW(3)) - MIN(w.time_hires), 0) AS oldest,
  (SELECT COUNT(*) FROM accounting.cdr) AS cdrs,
  (SELECT COUNT(*) FROM accounting.cdr WHERE ended_by IN ('no_dialog', 'max_length')) AS closed,
  (SELECT COUNT(*) FROM accounting.cdr WHERE export_status = 'unexported') AS unexported
  FROM kamailio.acc w WHERE w.mediated = 0 AND (w.method <> 'INVITE' OR w.sip_code < '2' OR w.sip_code >= '3')`;

export const backlogOf = async (database: Database): Promise<Backlog> => {
  const [row = {}] = await database.query(BACKLOG);
  const number = (column: string): number => Number(row[column] ?? 0);
  return {
    writable: number("writable") === 1,
    callsUnderWay: number("underWay"),
    recordsWaiting: number("waiting"),
    oldestSeconds: Math.max(0, Math.round(number("oldest"))),
    cdrs: number("cdrs"),
    closedByRule: number("closed"),
    unexported: number("unexported"),
  };
};
