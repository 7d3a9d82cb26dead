import { setTimeout as delay } from "node:timers/promises";
import type { Exact, ExactDatabase, ExactRow } from "../../../appliance/database/client.ts";
import { inRange, keyOf, quoted, readings, sumOfRow, withKeys } from "./tables.ts";
import type { Key, Range, Table } from "./tables.ts";

/** The two databases of a pair, as the standby sees them. */
export interface Sides {
  readonly active: ExactDatabase;
  readonly standby: ExactDatabase;
  /** The domain that the active node writes into. */
  readonly activeDomain: number;
  /** What takes longer on either node is given up, seconds: nobody who writes may wait for a comparison for ever. */
  readonly limitSeconds: number;
}

/** A row that the nodes have differently; undefined where a node has none. */
export interface Difference {
  readonly table: Table;
  readonly key: Key;
  readonly active: ExactRow | undefined;
  readonly standby: ExactRow | undefined;
}

const CHUNK_ROWS = 1_000;
/** A part with more rows than this on one node has too much in it to be shown or put right row by row. */
const PART_MAX_ROWS = 10 * CHUNK_ROWS;
/** The load of a comparison: after each part nothing is done for as long as the part took. */
const REST_RATIO = 1;
/** How long a standby that is behind is waited for; nothing is held meanwhile. */
const ARRIVES_SECONDS = 30;
/** How often rows are looked at that are written to meanwhile, and when. */
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 200;

interface Sum {
  readonly rows: number;
  readonly text: string;
}

const sumOf = async (database: ExactDatabase, table: Table, range: Range): Promise<Sum> => {
  const { sql, values } = inRange(table, range);
  const [row] = await database.query(
    `SELECT COUNT(*) AS n, SUM(${sumOfRow(table)}) AS s FROM ${table.name} WHERE ${sql}`,
    values,
  );
  return { rows: Number(row?.["n"]), text: `${String(row?.["n"])} ${String(row?.["s"])}` };
};

const columnsOf = (key: readonly string[]): string => key.map(quoted).join(", ");

/** The end of a part of `range`; undefined when the rest is no more than one. */
const endOf = async (
  active: ExactDatabase,
  table: Table,
  range: Range,
): Promise<Key | undefined> => {
  const { sql, values } = inRange(table, range);
  const columns = columnsOf(table.key);
  const [row] = await active.query(
    `SELECT ${columns} FROM ${table.name} WHERE ${sql} ORDER BY ${columns} LIMIT 1 OFFSET ${CHUNK_ROWS - 1}`,
    values,
  );
  return row === undefined ? undefined : keyOf(table, row);
};

const backwards = ({ key }: Table): string =>
  `ORDER BY ${key.map((column) => `${quoted(column)} DESC`).join(", ")} LIMIT`;

const lastKey = async (active: ExactDatabase, table: Table): Promise<Key | undefined> => {
  const [row] = await active.query(
    `SELECT ${columnsOf(table.key)} FROM ${table.name} ${backwards(table)} 1`,
  );
  return row === undefined ? undefined : keyOf(table, row);
};

/** @returns true when the standby has applied everything that the active node had written by now */
export const standbyArrives = async (
  { active, standby, activeDomain }: Sides,
  withinSeconds = ARRIVES_SECONDS,
): Promise<boolean> => {
  const [position] = await active.query("SELECT @@GLOBAL.gtid_binlog_pos AS p");
  const mine = String(position?.["p"] ?? "")
    .split(",")
    .find((part) => part.startsWith(`${activeDomain}-`));
  if (mine === undefined) return true;
  const wait = `SELECT MASTER_GTID_WAIT(?, ${withinSeconds}) AS w`;
  const [waited] = await standby.query(wait, [mine]);
  return Number(waited?.["w"]) === 0;
};

const printable = (value: Exact): Exact =>
  value instanceof Uint8Array ? `0x${Buffer.from(value).toString("hex")}` : value;

/** A row as one line of JSON; bytes that are no text in hexadecimal digits. */
export const textOfRow = (row: ExactRow | undefined): string =>
  row === undefined
    ? "no such row"
    : JSON.stringify(
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, printable(value)])),
      );

/** The rows that are not the same, by the text of their key. */
export const differing = (
  table: Table,
  active: readonly ExactRow[],
  standby: readonly ExactRow[],
): readonly Difference[] => {
  const keyed = (rows: readonly ExactRow[]): ReadonlyMap<string, ExactRow> =>
    new Map(rows.map((row) => [JSON.stringify(keyOf(table, row).map(printable)), row]));
  const [there, here] = [keyed(active), keyed(standby)];
  return [...new Set([...there.keys(), ...here.keys()])].flatMap((text) => {
    const [one, other] = [there.get(text), here.get(text)];
    const row = one ?? other;
    if (row === undefined || textOfRow(one) === textOfRow(other)) return [];
    return [{ table, key: keyOf(table, row), active: one, standby: other }];
  });
};

const isSame = (one: Difference, other: Difference): boolean =>
  textOfRow(one.active) === textOfRow(other.active) &&
  textOfRow(one.standby) === textOfRow(other.standby) &&
  JSON.stringify(one.key.map(printable)) === JSON.stringify(other.key.map(printable));

export const rowsOf = (
  database: ExactDatabase,
  table: Table,
  { sql, values }: { readonly sql: string; readonly values: readonly Exact[] },
  rest = "",
): Promise<readonly ExactRow[]> =>
  database.query(`SELECT ${readings(table)} FROM ${table.name} WHERE ${sql} ${rest}`, values);

/** What came of a part of a table, or of a whole one. */
export interface Found {
  readonly differences: readonly Difference[];
  /** Sentences of what differs and is no row. */
  readonly coarse: readonly string[];
  /** Rows that were written to all the time, and parts that the standby was too far behind for. */
  readonly notCompared: number;
}

const NOTHING: Found = { differences: [], coarse: [], notCompared: 0 };
const LATE: Found = { ...NOTHING, notCompared: 1 };

/**
 * Rows of both nodes are looked at again until each is the same, or the same difference was there twice though the
 * standby had applied what the active node had written before: nothing is locked for that.
 */
const settle = async (
  sides: Sides,
  table: Table,
  suspects: readonly Difference[],
): Promise<Found> => {
  let open = suspects;
  const differences: Difference[] = [];
  for (let look = 1; look < LOOKS && open.length > 0; look += 1) {
    await delay(BETWEEN_LOOKS_MS);
    const keys = withKeys(
      table,
      open.map(({ key }) => key),
    );
    const active = await rowsOf(sides.active, table, keys);
    if (!(await standbyArrives(sides)))
      return { differences, coarse: [], notCompared: open.length };
    const now = differing(table, active, await rowsOf(sides.standby, table, keys));
    const before = open;
    const isConfirmed = (one: Difference): boolean => before.some((other) => isSame(one, other));
    differences.push(...now.filter(isConfirmed));
    open = now.filter((one) => !isConfirmed(one));
  }
  return { differences, coarse: [], notCompared: open.length };
};

const compareRows = async (
  sides: Sides,
  table: Table,
  range: Range,
  limit = "",
): Promise<Found> => {
  const part = inRange(table, range);
  const active = await rowsOf(sides.active, table, part, limit);
  if (!(await standbyArrives(sides))) return LATE;
  const standby = await rowsOf(sides.standby, table, part, limit);
  return await settle(sides, table, differing(table, active, standby));
};

/** Whether the sums of a part that cannot be looked at row by row come out the same at last. */
const compareSums = async (sides: Sides, table: Table, range: Range): Promise<Found> => {
  let [before, here]: Sum[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const there = await sumOf(sides.active, table, range);
    if (!(await standbyArrives(sides))) return LATE;
    const now = await sumOf(sides.standby, table, range);
    if (there.text === now.text) return NOTHING;
    const still = before?.text === there.text && here?.text === now.text;
    const sentence = `${table.name} holds ${there.rows} rows on the active node and ${now.rows} here, and they differ`;
    if (still) return { ...NOTHING, coarse: [sentence] };
    [before, here] = [there, now];
    await delay(BETWEEN_LOOKS_MS);
  }
  return LATE;
};

const compareRange = async (sides: Sides, table: Table, range: Range): Promise<Found> => {
  const [there, here] = await Promise.all([
    sumOf(sides.active, table, range),
    sumOf(sides.standby, table, range),
  ]);
  if (there.text === here.text) return NOTHING;
  const byRow = table.key.length > 0 && Math.max(there.rows, here.rows) <= PART_MAX_ROWS;
  return await (byRow ? compareRows : compareSums)(sides, table, range);
};

const rest = async (began: number): Promise<void> => {
  await delay((performance.now() - began) * REST_RATIO);
};

/** Up to the last row that was there when it began: a table that grows faster than it is compared has an end, too. */
const compareParts = async (sides: Sides, table: Table, last: Key): Promise<readonly Found[]> => {
  const parts: Found[] = [];
  let after: Key | undefined;
  while (after !== last) {
    const began = performance.now();
    const upTo = (await endOf(sides.active, table, { after, upTo: last })) ?? last;
    parts.push(await compareRange(sides, table, { after, upTo }));
    after = upTo;
    await rest(began);
  }
  return parts;
};

/** Compares a table part by part, while rows are written to it; of what was written since it began the last rows. */
export const compareTable = async (sides: Sides, table: Table): Promise<Found> => {
  if (table.key.length === 0)
    return await compareRange(sides, table, { after: undefined, upTo: undefined });
  const last = await lastKey(sides.active, table);
  const parts = last === undefined ? [] : await compareParts(sides, table, last);
  const newest = `${backwards(table)} ${CHUNK_ROWS}`;
  const behind = { after: last, upTo: undefined };
  const all = [...parts, await compareRows(sides, table, behind, newest)];
  // More than what was looked at row by row: rows that the active node never had are counted at least.
  if ((await sumOf(sides.standby, table, behind)).rows > CHUNK_ROWS)
    all.push(await compareSums(sides, table, behind));
  return {
    differences: all.flatMap(({ differences }) => differences),
    coarse: all.flatMap(({ coarse }) => coarse),
    notCompared: all.reduce((sum, part) => sum + part.notCompared, 0),
  };
};
