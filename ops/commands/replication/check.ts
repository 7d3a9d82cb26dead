import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CHECK_FILES } from "../../../ha/control/contract.ts";
import type { CheckResult } from "../../../ha/control/contract.ts";
import { StatementRefusedError } from "../../../appliance/database/errors.ts";
import { compareCaches } from "./cache.ts";
import type { CacheSide } from "./cache.ts";
import { compareTable, textOfRow } from "./compare.ts";
import type { Difference, Found, Sides } from "./compare.ts";
import { NotComparableError } from "./errors.ts";
import { mend } from "./mend.ts";
import { tablesOf } from "./tables.ts";
import type { Table } from "./tables.ts";

/** Where and how a comparison tells what it finds. */
export interface Telling {
  readonly say: (line: string) => void;
  readonly showProgress: (line: string) => void;
}

/** What becomes of rows that differ: they are shown, or they are put right and what they were goes into a folder. */
export type Repair = { readonly folder: string } | undefined;

/** More rows than this are counted and not shown. */
const SHOWN = 20;

const plural = (count: number, one: string, more: string): string =>
  count === 1 ? `1 ${one}` : `${count} ${more}`;

const show = ({ say }: Telling, { table, active, standby }: Difference): void => {
  say(table.name);
  say(`  active  ${textOfRow(active)}`);
  say(`  here    ${textOfRow(standby)}`);
};

const missingTables = (
  active: ReadonlyMap<string, unknown>,
  standby: ReadonlyMap<string, unknown>,
): readonly string[] => [
  ...[...active.keys()].filter((name) => !standby.has(name)).map((name) => `${name} is not here`),
  ...[...standby.keys()]
    .filter((name) => !active.has(name))
    .map((name) => `${name} is not on the active node`),
];

const sentenceOf = (
  tables: number,
  {
    rows,
    coarse,
    mended,
    notCompared,
  }: Record<"rows" | "coarse" | "mended" | "notCompared", number>,
): string => {
  const differing: readonly [string, string] =
    rows === mended ? ["row differed", "rows differed"] : ["row differs", "rows differ"];
  const found = [
    ...(rows === 0 ? [] : [plural(rows, ...differing)]),
    ...(coarse === 0 ? [] : [`${plural(coarse, "table differs", "tables differ")} as a whole`]),
  ];
  const equal = notCompared === 0 ? "the rows are equal" : "the rows that were compared are equal";
  const state = found.length === 0 ? equal : found.join(" and ");
  return [
    `${plural(tables, "table", "tables")}: ${state}`,
    ...(mended === 0 ? [] : [`${mended} made equal`]),
    ...(notCompared === 0
      ? []
      : [
          `${notCompared} not compared: written to all the time, slow to read, or this node is behind`,
        ]),
  ].join("; ");
};

const TOOK_TOO_LONG = 1969;

/** A table that the server cannot read a part of within the limit counts as not compared. */
const compareInTime = async (sides: Sides, table: Table): Promise<Found> => {
  try {
    return await compareTable(sides, table);
  } catch (error) {
    const isLate = error instanceof StatementRefusedError && error.errno === TOOK_TOO_LONG;
    if (!isLate) throw error;
    return { differences: [], coarse: [], notCompared: 1 };
  }
};

/** Compares every table that is replicated, and repairs where that is asked for. */
export const compareDatabases = async (
  sides: Sides,
  telling: Telling,
  repair: Repair,
): Promise<CheckResult> => {
  const [active, standby] = [await tablesOf(sides.active), await tablesOf(sides.standby)];
  if (active.size === 0)
    throw new NotComparableError(
      "the active node's MariaDB shows its peer no table: it has run since before an upgrade, and lets it read the rows when it has been started again",
    );
  const limit = `SET SESSION max_statement_time = ${sides.limitSeconds}`;
  for (const side of [sides.active, sides.standby]) await side.query(limit);
  const coarse = [...missingTables(active, standby)];
  coarse.forEach(telling.say);
  let [rows, mended, notCompared] = [0, 0, 0];
  const both = [...active.values()].filter(({ name }) => standby.has(name));
  for (const [index, table] of both.entries()) {
    telling.showProgress(`${index + 1} of ${both.length} tables: ${table.name}`);
    const found = await compareInTime(sides, table);
    found.coarse.forEach(telling.say);
    found.differences.slice(0, Math.max(0, SHOWN - rows)).forEach((one) => show(telling, one));
    if (repair !== undefined) mended += await mend(sides, found.differences, repair.folder);
    coarse.push(...found.coarse);
    rows += found.differences.length;
    notCompared += found.notCompared;
  }
  telling.showProgress("");
  const sentence = sentenceOf(both.length, { rows, coarse: coarse.length, mended, notCompared });
  const saved = mended === 0 ? "" : `; what they were is in ${repair?.folder ?? ""}`;
  return {
    at: new Date().toISOString(),
    sentence: `${sentence}${saved}`,
    differences: rows - mended + coarse.length,
    notCompared,
  };
};

/** Compares what can be compared of a Redis that is written to all the time. */
export const compareRedis = async (
  active: CacheSide,
  standby: CacheSide,
  { say }: Telling,
): Promise<CheckResult> => {
  const { sampled, differences } = await compareCaches(active, standby);
  differences.forEach((line) => say(`Redis ${line}`));
  const compared = `the numbers of keys and ${plural(sampled, "value", "values")}`;
  const sentence =
    differences.length === 0
      ? `${compared} are equal`
      : `${plural(differences.length, "difference", "differences")} in ${compared}`;
  return { at: new Date().toISOString(), sentence, differences: differences.length };
};

/** For the daemon, which tells it with the status. */
export const keepResult = async (
  folder: string,
  store: "mysql" | "redis",
  result: CheckResult,
): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const file = join(folder, CHECK_FILES[store]);
  await writeFile(`${file}.new`, `${JSON.stringify(result)}\n`);
  await rename(`${file}.new`, file);
};
