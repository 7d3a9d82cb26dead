import { access, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where a media relay forwards packets within the kernel, if that has the module. */
export interface KernelTable {
  /** The relay's file, which names the table it was started with: `table = 0`. */
  readonly namedIn: string;
  /** Holds a folder for each table that there is. */
  readonly directory: string;
}

const namedTable = async (path: string): Promise<number> => {
  try {
    return Number(/^table *= *(-?[0-9]+)$/m.exec(await readFile(path, "utf8"))?.[1] ?? -1);
  } catch {
    return -1;
  }
};

/**
 * What a relay that runs does without, as the status says it; empty where it has its table, or is to have none.
 *
 * @see the rtpengine manual, "table": it goes on in user space when it cannot have it
 */
export const withoutKernelTable = async (wanted: KernelTable): Promise<string> => {
  const table = await namedTable(wanted.namedIn);
  if (table < 0) return "";
  try {
    await access(join(wanted.directory, String(table)));
    return "";
  } catch {
    return `user space: no kernel table ${table}`;
  }
};
