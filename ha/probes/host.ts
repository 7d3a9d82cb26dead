import type { FileHandle } from "node:fs/promises";
import { constants } from "node:fs";
import { mkdir, open, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { freemem } from "node:os";
import type { Every } from "../rounds.ts";
import type { DiskFact, HostFact } from "./fitness.ts";

const WRITE_EVERY_MS = 1_000;
/** A write is over when it is on the disk, so it takes one call. */
const SYNCED = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_DSYNC;
/** One block: the file never grows, so it is cheap, and the write is real. */
const BLOCK_BYTES = 4_096;
const BLOCK = Buffer.alloc(BLOCK_BYTES);

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);

/** Writes one block to a file, down to the disk, once a second. A write that hangs is not followed by another. */
class DiskProbe {
  readonly #path: string;
  readonly #now: () => number;
  #begunAt: number | undefined;
  #problem = "";
  #freeBytes = Number.MAX_SAFE_INTEGER;
  #file: FileHandle | undefined;

  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  fact(): DiskFact {
    return {
      path: dirname(this.#path),
      unansweredMs: this.#begunAt === undefined ? 0 : this.#now() - this.#begunAt,
      problem: this.#problem,
      freeBytes: this.#freeBytes,
    };
  }

  async write(): Promise<void> {
    if (this.#begunAt !== undefined) return;
    this.#begunAt = this.#now();
    try {
      await this.#writeBlock();
      this.#problem = "";
    } catch (error) {
      this.#problem = codeOf(error);
    }
    this.#begunAt = undefined;
  }

  /** The file stays open: to open and close it would be most of the work. After an error it is opened anew. */
  async #writeBlock(): Promise<void> {
    const directory = dirname(this.#path);
    if (this.#file === undefined) await mkdir(directory, { recursive: true, mode: 0o755 });
    const file = (this.#file ??= await open(this.#path, SYNCED, 0o600));
    const { bavail, bsize } = await statfs(directory);
    this.#freeBytes = bavail * bsize;
    try {
      await file.write(BLOCK, 0, BLOCK_BYTES, 0);
    } catch (error) {
      this.#file = undefined;
      await file.close();
      throw error;
    }
  }
}

/** Whether `folder` is there and on another file system than `other`. */
export const isApart = async (folder: string, other: string): Promise<boolean> => {
  try {
    const [one, two] = await Promise.all([stat(folder), stat(other)]);
    return one.dev !== two.dev;
  } catch {
    return false;
  }
};

/** Disk and memory. */
export class Host {
  readonly #disks: DiskProbe[] = [];
  readonly #now: () => number;
  readonly #every: Every;

  /** @param now the monotonic clock, milliseconds */
  constructor(now: () => number, every: Every) {
    this.#now = now;
    this.#every = every;
  }

  /** From now on the node needs the disk of `file`, which is overwritten once a second. */
  needs(file: string): void {
    const disk = new DiskProbe(file, this.#now);
    this.#disks.push(disk);
    void disk.write();
  }

  start(): void {
    this.#every(WRITE_EVERY_MS, () => {
      for (const disk of this.#disks) void disk.write();
    });
  }

  facts(): HostFact {
    return {
      disks: this.#disks.map((disk) => disk.fact()),
      // What programs can still get: the kernel's MemAvailable.
      availableBytes: freemem(),
    };
  }
}
