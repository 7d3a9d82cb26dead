import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { ApplianceError } from "../../appliance/errors.ts";
import type { RoleRecord } from "../core/effect.ts";
import { jsonIn } from "../files.ts";

export const RECORD_FILE = "/var/lib/ngcp-ha/record.json";

export class RecordNotSavedError extends ApplianceError {
  override readonly name = "RecordNotSavedError";
  readonly code = "NGCP_RECORD_NOT_SAVED";

  constructor(path: string, options?: ErrorOptions) {
    super(`the record of the last role could not be written to ${path}`, options);
  }
}

const isRecord = (value: unknown): value is RoleRecord => {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Partial<Record<keyof RoleRecord, unknown>>;
  return (
    Number.isSafeInteger(record.term) &&
    Number.isSafeInteger(record.lastHeldTerm) &&
    (record.role === "active" || record.role === "standby") &&
    typeof record.held === "boolean"
  );
};

/**
 * Reads what was on disk at the last end of this node. A file that is not there or is not whole counts as
 * none: such a node waits for its peer like one that was standby.
 */
export const loadRecord = (path: string): RoleRecord | undefined => jsonIn(path, isRecord);

const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

const writeDurably = async (path: string, record: RoleRecord): Promise<void> => {
  const temporary = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const file = await open(temporary, "w", 0o644);
    try {
      await file.writeFile(`${JSON.stringify(record)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(path);
  } catch (cause) {
    throw new RecordNotSavedError(path, { cause });
  }
};

/** Keeps the newest record on disk, with fsync, off the event loop. */
export class RecordFile {
  readonly #path: string;
  #newest: RoleRecord;
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(path: string, onDisk: RoleRecord) {
    this.#path = path;
    this.#newest = onDisk;
  }

  /**
   * Resolves when `record`, or a newer one, is on disk. Records that come while one is being written are
   * written together, the newest of them.
   *
   * @throws {RecordNotSavedError} when the disk is full, read-only or broken
   */
  save(record: RoleRecord): Promise<void> {
    this.#newest = record;
    if (this.#writing === undefined) return this.#write();
    this.#next ??= this.#writing.then(
      () => this.#writeNext(),
      () => this.#writeNext(),
    );
    return this.#next;
  }

  /** As `save`, for a new term and nothing else. */
  saveTerm(term: number): Promise<void> {
    return this.save({ ...this.#newest, term });
  }

  #writeNext(): Promise<void> {
    this.#next = undefined;
    return this.#write();
  }

  #write(): Promise<void> {
    const writing = writeDurably(this.#path, this.#newest).finally(() => {
      this.#writing = undefined;
    });
    this.#writing = writing;
    return writing;
  }
}
