import type { Cell, Database, Row } from "../client.ts";
import { PREFERENCE_TABLES } from "./load.ts";
import type { Preferences } from "./model.ts";
import type { Catalogue } from "./preferences.ts";

const ROWS_AT_ONCE = 1_000;

/** What the parts of one writing share. */
export interface Writing {
  readonly database: Database;
  readonly catalogue: Catalogue;
  /** Told of rows of entries that are done. */
  readonly onDone: (entries: number) => void;
}

/** Inserts `rows` in as few statements as fit. */
export const insertRows = async (
  database: Database,
  into: string,
  rows: readonly (readonly Cell[])[],
): Promise<void> => {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE)
    await database.query(`INSERT INTO ${into} VALUES ?`, [rows.slice(at, at + ROWS_AT_ONCE)]);
};

export const deleteRows = async (
  database: Database,
  table: string,
  column: string,
  values: readonly Cell[],
): Promise<void> => {
  for (let at = 0; at < values.length; at += ROWS_AT_ONCE)
    await database.query(`DELETE FROM ${table} WHERE ${column} IN (?)`, [
      values.slice(at, at + ROWS_AT_ONCE),
    ]);
};

export type Ids = ReadonlyMap<string, number>;

export const idsOf = async (database: Database, table: string, name: string): Promise<Ids> => {
  const rows = await database.query(`SELECT id, ${name} AS name FROM ${table}`);
  return new Map(rows.map((row: Row) => [String(row["name"]), Number(row["id"])]));
};

export const idIn = (ids: Ids, name: string): number => {
  const id = ids.get(name);
  if (id === undefined) throw new TypeError(`${name} was written and has no id`);
  return id;
};

/** Rows of preferences for owners with those ids; names of rule sets become ids. */
const preferenceRows = (
  owners: readonly (readonly [id: number, Preferences])[],
  catalogue: Catalogue,
  ruleSets: Ids,
): readonly (readonly Cell[])[] =>
  owners.flatMap(([id, preferences]) =>
    Object.entries(preferences).flatMap(([attribute, values]) => {
      const kind = catalogue.get(attribute);
      if (kind === undefined) return [];
      const stored = (value: string): Cell =>
        kind.dataType === "rewrite_rule_set" ? (ruleSets.get(value) ?? value) : value;
      return values.map((value) => [id, kind.id, String(stored(value))]);
    }),
  );

export const replacePreferences = async (
  { database, catalogue }: Writing,
  whose: keyof typeof PREFERENCE_TABLES,
  owners: readonly (readonly [id: number, Preferences])[],
  ruleSets: Ids,
): Promise<void> => {
  const [table, owner] = PREFERENCE_TABLES[whose];
  await deleteRows(
    database,
    table,
    owner,
    owners.map(([id]) => id),
  );
  const rows = preferenceRows(owners, catalogue, ruleSets);
  await insertRows(database, `${table} (${owner}, attribute_id, value)`, rows);
};

/** Created and changed entries, as they are to be. */
export const writtenOf = <Entry>(changes: {
  readonly created: ReadonlyMap<string, Entry>;
  readonly changed: ReadonlyMap<string, { readonly after: Entry }>;
}): readonly (readonly [string, Entry])[] => [
  ...changes.created,
  ...[...changes.changed].map(([name, { after }]) => [name, after] as const),
];
