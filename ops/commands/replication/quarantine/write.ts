import type { Exact, ExactDatabase } from "../../../../appliance/database/client.ts";
import { StatementRefusedError } from "../../../../appliance/database/errors.ts";
import { quoted } from "../tables.ts";
import type { Image } from "./log.ts";
import type { NetChange } from "./net.ts";
import { literalOf } from "./values.ts";
import type { Column, Literal } from "./values.ts";

/** Where the active node stands with a row that is to come back. */
export type Standing =
  /** It is as it was before: the change can be let in. */
  | "free"
  /** It is what the change makes of it: nothing is to be done. */
  | "there"
  /** It is something else. */
  | "conflict"
  /** What was written cannot be told from the log. */
  | "untold";

const together = (parts: readonly Literal[], joint: string): Literal => ({
  sql: parts.map(({ sql }) => sql).join(joint),
  values: parts.flatMap(({ values }) => values),
});

interface Cell {
  readonly column: Column;
  readonly literal: Literal;
}

/** @returns undefined where a value cannot be told from its text */
const cellsOf = (columns: readonly Column[], image: Image): readonly Cell[] | undefined => {
  const cells: Cell[] = [];
  for (const [index, column] of columns.entries()) {
    if (column.isGenerated) continue;
    const literal = literalOf(image[index] ?? "", column);
    if (literal === undefined) return undefined;
    cells.push({ column, literal });
  }
  return cells;
};

/** Six digits of a FLOAT stand in the log. */
const isEqual = ({ column, literal: { sql, values } }: Cell): Literal => {
  const name = quoted(column.name);
  if (column.type !== "float") return { sql: `${name} <=> ${sql}`, values };
  const near = `ABS(${name} - ${sql}) <= ABS(${sql}) * 1E-5`;
  return { sql: `COALESCE(${near}, ${name} <=> ${sql})`, values };
};

const matches = (cells: readonly Cell[]): Literal => together(cells.map(isEqual), " AND ");

const hasKey = (cells: readonly Cell[]): Literal =>
  together(cells.filter(({ column }) => column.isKey).map(isEqual), " AND ");

const exists = (table: string, where: Literal): Literal => ({
  sql: `EXISTS(SELECT 1 FROM ${table} WHERE ${where.sql})`,
  values: where.values,
});

interface Told {
  readonly before: readonly Cell[] | undefined;
  readonly after: readonly Cell[] | undefined;
}

const toldOf = ({ columns, before, after }: NetChange): Told => ({
  before: before === undefined ? undefined : cellsOf(columns, before),
  after: after === undefined ? undefined : cellsOf(columns, after),
});

/** A row of `free, there` for one change. */
const question = (change: NetChange): Literal => {
  const { table } = change;
  const { before, after } = toldOf(change);
  const known = before ?? after;
  const isUntold =
    (change.before !== undefined && before === undefined) ||
    (change.after !== undefined && after === undefined);
  if (isUntold || known === undefined)
    return { sql: "SELECT NULL AS free, NULL AS there", values: [] };
  const absent = (): Literal => {
    const one = exists(table, hasKey(known));
    return { sql: `NOT ${one.sql}`, values: one.values };
  };
  const free = before === undefined ? absent() : exists(table, matches(before));
  const there = after === undefined ? absent() : exists(table, matches(after));
  return together(
    [
      { sql: `SELECT ${free.sql} AS free`, values: free.values },
      { sql: `${there.sql} AS there`, values: there.values },
    ],
    ", ",
  );
};

/** Asks the active node where it stands with each of some rows, in one statement. */
export const standingsOf = async (
  active: ExactDatabase,
  changes: readonly NetChange[],
): Promise<readonly Standing[]> => {
  if (changes.length === 0) return [];
  const all = together(changes.map(question), " UNION ALL ");
  const rows = await active.query(all.sql, all.values);
  return rows.map(({ free = null, there = null }) => {
    if (free === null) return "untold";
    return Number(there) === 1 ? "there" : Number(free) === 1 ? "free" : "conflict";
  });
};

const statementOf = (change: NetChange): Literal => {
  const { before = [], after = [] } = toldOf(change);
  const target = change.table;
  if (change.after === undefined) {
    const where = matches(before);
    return { sql: `DELETE FROM ${target} WHERE ${where.sql}`, values: where.values };
  }
  const values = together(
    after.map(({ literal }) => literal),
    ", ",
  );
  if (change.before === undefined) {
    const names = after.map(({ column }) => quoted(column.name)).join(", ");
    return {
      sql: `INSERT INTO ${target} (${names}) VALUES (${values.sql})`,
      values: values.values,
    };
  }
  const set = together(
    after.map(({ column, literal }) => ({
      ...literal,
      sql: `${quoted(column.name)} = ${literal.sql}`,
    })),
    ", ",
  );
  const where = matches(before);
  const all: readonly Exact[] = [...set.values, ...where.values];
  return { sql: `UPDATE ${target} SET ${set.sql} WHERE ${where.sql}`, values: all };
};

/**
 * Lets one row in, in the transaction that is open.
 *
 * @returns why the server refuses it, such as a second row with a unique value; undefined when it is in
 */
export const letIn = async (
  active: ExactDatabase,
  change: NetChange,
): Promise<string | undefined> => {
  const { sql, values } = statementOf(change);
  try {
    await active.query("SAVEPOINT one_row");
    await active.query(sql, values);
    const [row] = await active.query("SELECT ROW_COUNT() AS n");
    return Number(row?.["n"]) === 1 ? undefined : "it was changed meanwhile";
  } catch (error) {
    if (!(error instanceof StatementRefusedError)) throw error;
    await active.query("ROLLBACK TO SAVEPOINT one_row");
    return error.message;
  }
};

/** Columns of the tables of `names`, in the order in which the log has them. */
export const columnsOf = async (
  active: ExactDatabase,
): Promise<ReadonlyMap<string, readonly Column[]>> => {
  const tables = new Map<string, Column[]>();
  const rows =
    await active.query(`SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, COLUMN_NAME AS c, DATA_TYPE AS d,
      COLUMN_TYPE LIKE '%unsigned%' AS u, COLUMN_KEY = 'PRI' AS k, GENERATION_EXPRESSION IS NOT NULL AS g
    FROM information_schema.COLUMNS ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`);
  for (const row of rows) {
    const name = `${quoted(String(row["s"]))}.${quoted(String(row["t"]))}`;
    const columns = tables.get(name) ?? [];
    columns.push({
      name: String(row["c"]),
      type: String(row["d"]),
      isUnsigned: Number(row["u"]) === 1,
      isKey: Number(row["k"]) === 1,
      isGenerated: Number(row["g"]) === 1,
    });
    tables.set(name, columns);
  }
  return tables;
};
