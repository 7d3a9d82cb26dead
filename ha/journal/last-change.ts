import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { LastRoleChange } from "../control/contract.ts";
import { jsonIn } from "../files.ts";

/** Beside the record, and apart from it: nothing is decided by it, so it needs no fsync and may be lost. */
export const LAST_CHANGE_FILE = "/var/lib/ngcp-ha/last-role-change.json";

const isChange = (value: unknown): value is LastRoleChange => {
  if (typeof value !== "object" || value === null) return false;
  const change = value as Partial<Record<keyof LastRoleChange, unknown>>;
  return (
    [change.from, change.to, change.because].every((word) => typeof word === "string") &&
    Number.isSafeInteger(change.term) &&
    typeof change.at === "string" &&
    !Number.isNaN(Date.parse(change.at))
  );
};

/** The last change of the role before this start; null where none is known. */
export const loadLastChange = (path: string): LastRoleChange | null =>
  jsonIn(path, isChange) ?? null;

const write = async (path: string, change: LastRoleChange): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(`${path}.new`, `${JSON.stringify(change)}\n`, { mode: 0o640 });
  await rename(`${path}.new`, path);
};

/** Keeps the newest change on disk, one write at a time: a disk that hangs takes one thread of libuv's four, not all. */
export class LastChangeFile {
  readonly #path: string;
  #newest: LastRoleChange | undefined;
  #writing: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Resolves when `change`, or a newer one, is written.
   *
   * @throws {Error} when it cannot be
   */
  save(change: LastRoleChange): Promise<void> {
    this.#newest = change;
    return (this.#writing ??= this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#newest !== undefined) {
        const change = this.#newest;
        this.#newest = undefined;
        await write(this.#path, change);
      }
    } finally {
      this.#writing = undefined;
    }
  }
}
