import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { ExactDatabase } from "../../../appliance/database/client.ts";
import { StatementRefusedError } from "../../../appliance/database/errors.ts";
import { differing, rowsOf, standbyArrives, textOfRow } from "./compare.ts";
import type { Difference, Sides } from "./compare.ts";
import { NotComparableError } from "./errors.ts";
import { keyOf, quoted, withKeys } from "./tables.ts";
import type { Table } from "./tables.ts";

/** Rows that are put right at a time: so many are held still on the active node, for as long as that takes. */
const AT_A_TIME = 50;
/** A tool that dies with rows of the active node in its hand leaves go of them after this time, in seconds. */
const HELD_SECONDS = 4;
/** A tool that stands still loses its rows here first: it cannot write what the active node no longer holds still. */
const HELD_HERE_SECONDS = 2;
/** Of these the standby may take so long to apply what was written before. */
const ARRIVES_SECONDS = 1;

/** Only rows that are there are locked, and no gaps between them: nobody waits who writes another row. */
const HOLD = [
  `SET SESSION idle_transaction_timeout = ${HELD_SECONDS}, innodb_lock_wait_timeout = 1`,
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
] as const;
/** This node alone is put right: what it logged would go to the active node. */
const APART = `SET SESSION sql_log_bin = OFF, foreign_key_checks = OFF, unique_checks = OFF,
  innodb_lock_wait_timeout = 1, idle_transaction_timeout = ${HELD_HERE_SECONDS}`;

/** Somebody else holds a row, and it is left as it is. */
const HELD_BY_OTHERS: readonly number[] = [1205, 1213];

const replace = async (standby: ExactDatabase, { table, active }: Difference): Promise<void> => {
  if (active === undefined) return;
  const columns = table.columns.map(quoted).join(", ");
  const places = table.columns.map(() => "?").join(", ");
  const values = table.columns.map((column) => active[column] ?? null);
  await standby.query(`REPLACE INTO ${table.name} (${columns}) VALUES (${places})`, values);
};

const remove = async (
  standby: ExactDatabase,
  { table, standby: was }: Difference,
): Promise<void> => {
  if (was === undefined) return;
  const { sql, values } = withKeys(table, [keyOf(table, was)]);
  await standby.query(`DELETE FROM ${table.name} WHERE ${sql}`, values);
};

/** On the disk when it resolves: a line for each row, with what it was and what it becomes. */
const save = async (folder: string, rows: readonly Difference[]): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lines = rows.map(
    ({ table, active, standby }) =>
      `${table.name}\n  was      ${textOfRow(standby)}\n  becomes  ${textOfRow(active)}\n`,
  );
  const file = await open(join(folder, "rows.txt"), "a", 0o600);
  try {
    await file.write(lines.join(""));
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Asked while the rows are held: a connection that was ended meanwhile does not answer, and root may write anywhere. */
const expectRoles = async (active: ExactDatabase, standby: ExactDatabase): Promise<void> => {
  const isReadOnly = async (database: ExactDatabase): Promise<boolean> => {
    const [row] = await database.query("SELECT @@GLOBAL.read_only AS read_only");
    return String(row?.["read_only"]) !== "0";
  };
  if ((await isReadOnly(active)) || !(await isReadOnly(standby)))
    throw new NotComparableError("the role moved while rows were put right: nothing more is");
};

/** Rows of one table, while the active node holds those of its own still. */
const mendHeld = async (
  { active, standby, ...rest }: Sides,
  table: Table,
  rows: readonly Difference[],
  folder: string,
): Promise<number> => {
  const keys = withKeys(
    table,
    rows.map(({ key }) => key),
  );
  const theirs = await rowsOf(active, table, keys, "LOCK IN SHARE MODE");
  if (!(await standbyArrives({ active, standby, ...rest }, ARRIVES_SECONDS))) return 0;
  await standby.query("START TRANSACTION");
  const still = differing(table, theirs, await rowsOf(standby, table, keys, "FOR UPDATE"));
  if (still.length > 0) await save(folder, still);
  // A key that is the same to the server, but not to the eye, goes before the other one comes.
  for (const row of still) await remove(standby, row);
  for (const row of still) await replace(standby, row);
  await expectRoles(active, standby);
  await standby.query("COMMIT");
  return still.length;
};

const batchesOf = (rows: readonly Difference[]): readonly (readonly Difference[])[] =>
  Array.from({ length: Math.ceil(rows.length / AT_A_TIME) }, (_none, index) =>
    rows.slice(index * AT_A_TIME, (index + 1) * AT_A_TIME),
  );

/**
 * Makes rows of the standby equal to those of the active node, after what they were has been saved.
 *
 * @param rows of one table
 * @returns how many were put right; what others hold, or the standby is too far behind for, is left
 */
export const mend = async (
  sides: Sides,
  rows: readonly Difference[],
  folder: string,
): Promise<number> => {
  const [first] = rows;
  if (first === undefined) return 0;
  for (const statement of HOLD) await sides.active.query(statement);
  await sides.standby.query(APART);
  let mended = 0;
  for (const batch of batchesOf(rows)) {
    if (!(await standbyArrives(sides))) continue;
    await sides.active.query("START TRANSACTION");
    try {
      mended += await mendHeld(sides, first.table, batch, folder);
    } catch (error) {
      const isHeld = error instanceof StatementRefusedError && HELD_BY_OTHERS.includes(error.errno);
      if (!isHeld) throw error;
    } finally {
      await sides.standby.query("ROLLBACK").catch(() => undefined);
      await sides.active.query("ROLLBACK").catch(() => undefined);
    }
  }
  return mended;
};
