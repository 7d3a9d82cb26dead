import type { Exact, ExactDatabase, ExactRow } from "../../../appliance/database/client.ts";

/** A table of the pair that is replicated. */
export interface Table {
  /** `schema`.`table`, quoted. */
  readonly name: string;
  /** Columns that are stored; generated ones follow from them. */
  readonly columns: readonly string[];
  /** Columns of the primary key. Empty: it is compared as a whole and cannot be put right row by row. */
  readonly key: readonly string[];
  /** Columns of single precision. */
  readonly floats: ReadonlySet<string>;
}

const COLUMNS = `SELECT c.TABLE_SCHEMA AS s, c.TABLE_NAME AS t, c.COLUMN_NAME AS c, k.SEQ_IN_INDEX AS k,
    c.DATA_TYPE = 'float' AS f
  FROM information_schema.COLUMNS c
  JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)
  LEFT JOIN information_schema.STATISTICS k
    ON k.TABLE_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME AND k.COLUMN_NAME = c.COLUMN_NAME
    AND k.INDEX_NAME = 'PRIMARY'
  WHERE t.TABLE_TYPE = 'BASE TABLE' AND c.GENERATION_EXPRESSION IS NULL
    AND c.TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
  ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION`;

const textOf = (row: ExactRow, column: string): string => String(row[column] ?? "");

export const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

const byTable = (rows: readonly ExactRow[]): ReadonlyMap<string, readonly ExactRow[]> => {
  const tables = new Map<string, ExactRow[]>();
  for (const row of rows) {
    const name = `${quoted(textOf(row, "s"))}.${quoted(textOf(row, "t"))}`;
    tables.set(name, [...(tables.get(name) ?? []), row]);
  }
  return tables;
};

/** Tables by name. The accounts in `mysql` belong to each node alone. */
export const tablesOf = async (database: ExactDatabase): Promise<ReadonlyMap<string, Table>> =>
  new Map(
    [...byTable(await database.query(COLUMNS))].map(([name, rows]) => {
      const keyed = rows.filter((row) => row["k"] !== null);
      const key = keyed.toSorted((one, other) => Number(one["k"]) - Number(other["k"]));
      const names = (some: readonly ExactRow[]): string[] => some.map((row) => textOf(row, "c"));
      const floats = new Set(names(rows.filter((row) => Number(row["f"]) === 1)));
      return [name, { name, columns: names(rows), key: names(key), floats }];
    }),
  );

/** How a column is read: as a text a FLOAT has six digits and has lost the others. */
const reading = ({ floats }: Table, column: string): string =>
  floats.has(column) ? `CAST(${quoted(column)} AS DOUBLE)` : quoted(column);

/** For SELECT: what `columns` hold, whole. */
export const readings = (table: Table): string =>
  table.columns.map((column) => `${reading(table, column)} AS ${quoted(column)}`).join(", ");

/** The place of a row in the order of its table's key. */
export type Key = readonly Exact[];

export const keyOf = ({ key }: Table, row: ExactRow): Key => key.map((name) => row[name] ?? null);

/** Rows behind `after` and up to `upTo`, in the order of the key; both ends may be open. */
export interface Range {
  readonly after: Key | undefined;
  readonly upTo: Key | undefined;
}

interface Condition {
  readonly sql: string;
  readonly values: readonly Exact[];
}

/** `a > 1 OR (a = 1 AND b > 2)`: an index serves it, which it does not for a comparison of tuples. */
const beyond = (key: readonly string[], bound: Key): Condition => {
  const alternatives = key.map((column, index) => ({
    sql: [...key.slice(0, index).map((one) => `${quoted(one)} = ?`), `${quoted(column)} > ?`],
    values: bound.slice(0, index + 1),
  }));
  return {
    sql: alternatives.map(({ sql }) => `(${sql.join(" AND ")})`).join(" OR "),
    values: alternatives.flatMap(({ values }) => values),
  };
};

export const inRange = ({ key }: Table, { after, upTo }: Range): Condition => {
  const above = after === undefined ? undefined : beyond(key, after);
  const over = upTo === undefined ? undefined : beyond(key, upTo);
  const sql = [
    ...(above === undefined ? [] : [`(${above.sql})`]),
    ...(over === undefined ? [] : [`NOT (${over.sql})`]),
  ];
  return {
    sql: sql.length === 0 ? "TRUE" : sql.join(" AND "),
    values: [...(above?.values ?? []), ...(over?.values ?? [])],
  };
};

/** The rows that have one of `keys`. */
export const withKeys = ({ key }: Table, keys: readonly Key[]): Condition => {
  const one = `(${key.map((column) => `${quoted(column)} = ?`).join(" AND ")})`;
  return { sql: keys.map(() => one).join(" OR "), values: keys.flat() };
};

/**
 * A number for a row, to be added up. A CRC would not do: those of two rows that have exchanged a value add up to the
 * same. QUOTE tells NULL from a text, and where one column ends and the next begins.
 */
export const sumOfRow = (table: Table): string => {
  const texts = table.columns.map((column) => `QUOTE(${reading(table, column)})`).join(", ");
  return `CAST(CONV(LEFT(MD5(CONCAT_WS(',', ${texts})), 15), 16, 10) AS UNSIGNED)`;
};
