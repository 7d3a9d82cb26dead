import type { ExactDatabase } from "../../../../appliance/database/client.ts";
import { EDITIONS, writeEdition } from "../../../../appliance/database/provisioning/edition.ts";
import { NotComparableError } from "../errors.ts";
import type { SavedLog } from "./log.ts";
import { netOf } from "./net.ts";
import type { NetChange } from "./net.ts";
import { readable } from "./values.ts";
import { columnsOf, letIn, standingsOf } from "./write.ts";

/** Rows that one statement asks for, and that one transaction writes. */
const AT_A_TIME = 100;
const SESSION = [
  "SET SESSION time_zone = '+00:00'",
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES'",
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
] as const;

/** What came of bringing rows back. */
export interface Restored {
  /** Rows that are on the active node again. */
  readonly back: number;
  /** Rows that were there already. */
  readonly there: number;
  /** Rows that stay in quarantine, a sentence each; many of a kind in one. */
  readonly conflicts: readonly string[];
  readonly conflicting: number;
}

const describe = ({ table, columns, before, after }: NetChange): string => {
  const image = after ?? before ?? [];
  const key = columns.flatMap(({ isKey, name }, index) =>
    isKey ? [`${name} ${readable(image[index] ?? "")}`] : [],
  );
  return `${table} ${key.join(", ")}`;
};

const partsOf = (rows: readonly NetChange[]): readonly (readonly NetChange[])[] =>
  Array.from({ length: Math.ceil(rows.length / AT_A_TIME) }, (_none, index) =>
    rows.slice(index * AT_A_TIME, (index + 1) * AT_A_TIME),
  );

const WHY = {
  conflict: "it is another one on the active node",
  untold: "what was written cannot be told from the log",
} as const;

/** Rows that can be let in as the active node stands now, and why the others cannot. */
const judge = async (
  active: ExactDatabase,
  rows: readonly NetChange[],
): Promise<{
  readonly free: readonly NetChange[];
  readonly there: number;
  readonly conflicts: readonly string[];
}> => {
  const free: NetChange[] = [];
  const conflicts: string[] = [];
  let there = 0;
  for (const part of partsOf(rows)) {
    const standings = await standingsOf(active, part);
    for (const [index, row] of part.entries()) {
      const standing = standings[index] ?? "conflict";
      if (standing === "free") free.push(row);
      else if (standing === "there") there += 1;
      else conflicts.push(`${describe(row)}: ${WHY[standing]}`);
    }
  }
  return { free, there, conflicts };
};

/** Asked while rows are held: root may write to a node that stands by. */
const expectWritten = async (active: ExactDatabase): Promise<void> => {
  const [row] = await active.query("SELECT @@GLOBAL.read_only AS read_only");
  if (String(row?.["read_only"]) !== "0")
    throw new NotComparableError(
      "the database is not, or is no longer, the one that is written to",
    );
};

/** One transaction. A row that is another one by now is told and left out. */
const writePart = async (
  active: ExactDatabase,
  part: readonly NetChange[],
  hasEditions: boolean,
): Promise<{ readonly back: number; readonly conflicts: readonly string[] }> => {
  const conflicts: string[] = [];
  await active.query("START TRANSACTION");
  try {
    for (const row of part) {
      const why = await letIn(active, row);
      if (why !== undefined) conflicts.push(`${describe(row)}: ${why}`);
    }
    // What comes back may have been provisioned: the proxy asks anew.
    if (hasEditions && conflicts.length < part.length) await writeEdition(active);
    await expectWritten(active);
    await active.query("COMMIT");
  } catch (error) {
    await active.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
  return { back: part.length - conflicts.length, conflicts };
};

/**
 * Lets rows that one node wrote alone into the database that is written to.
 *
 * @param partly also where some are in conflict: those are left out. Otherwise nothing is written then
 * @throws {NotComparableError} the database is read-only
 */
export const restore = async (
  active: ExactDatabase,
  { changes, definitions }: SavedLog,
  partly: boolean,
): Promise<Restored> => {
  for (const statement of SESSION) await active.query(statement);
  await expectWritten(active);
  const columns = await columnsOf(active);
  const hasEditions = columns.has(EDITIONS);
  // An edition says that something has changed, and nothing else: what comes back gets one of its own.
  const content = changes.filter(({ table }) => table !== EDITIONS);
  const { rows, unfit } = netOf(content, columns);
  const { free, there, conflicts } = await judge(active, rows);
  const others = [
    ...definitions.map((gtid) => `transaction ${gtid} changes a table and no rows`),
    ...unfit.map(({ sentence, rows: count }) => `${sentence}: ${count} rows`),
  ];
  const unfitRows = unfit.reduce((sum, { rows: count }) => sum + count, definitions.length);
  const open = { conflicts: [...others, ...conflicts], conflicting: unfitRows + conflicts.length };
  if (open.conflicting > 0 && !partly) return { back: 0, there, ...open };
  let back = 0;
  const late: string[] = [];
  for (const part of partsOf(free)) {
    const written = await writePart(active, part, hasEditions);
    back += written.back;
    late.push(...written.conflicts);
  }
  return {
    back,
    there,
    conflicts: [...open.conflicts, ...late],
    conflicting: open.conflicting + late.length,
  };
};
