import { existsSync, readFileSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { RESTORED_FILE } from "../../../../ha/control/contract.ts";
import { NotInQuarantineError } from "../errors.ts";

/** One folder of what a node alone had. */
export interface Folder {
  readonly name: string;
  readonly path: string;
  /** What it holds, a sentence each. */
  readonly about: readonly string[];
  /** When all of it was brought back; undefined while something is still only here. */
  readonly restored: string | undefined;
  /** What the standby had before a repair: its rows are of no use to the active node. */
  readonly isOfRepair: boolean;
}

const textOf = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, "utf8") : undefined;

const OF_REPAIR = "what this node had in rows that a repair made equal to those of the active node";

const folderIn = (store: string, name: string): Folder => {
  const path = join(store, name);
  const isOfRepair = name.endsWith("-repair");
  const about = textOf(join(path, "README"))?.split("\n").slice(0, 2);
  return {
    name,
    path,
    isOfRepair,
    about: about ?? [isOfRepair ? OF_REPAIR : "nothing says what it holds"],
    restored: textOf(join(path, RESTORED_FILE))?.trim(),
  };
};

/** The oldest first. */
export const foldersIn = (store: string): readonly Folder[] =>
  existsSync(store)
    ? readdirSync(store)
        .filter((name) => !name.startsWith("."))
        .sort()
        .map((name) => folderIn(store, name))
    : [];

/** @throws {NotInQuarantineError} there is no such folder */
export const folderOf = (store: string, name: string): Folder => {
  const found = foldersIn(store).find((folder) => folder.name === name || folder.path === name);
  if (found === undefined) throw new NotInQuarantineError(name, store);
  return found;
};

/** A character for each byte. */
export const rowsIn = ({ path }: Folder): string => readFileSync(join(path, "rows.txt"), "latin1");

/** From now on it counts no more as rows that only this node has. */
export const markRestored = async ({ path }: Folder, sentence: string): Promise<void> => {
  const file = await open(join(path, RESTORED_FILE), "w", 0o600);
  try {
    await file.write(`${sentence}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
};
