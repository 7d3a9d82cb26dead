import { mkdir, open, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { freemem } from "node:os";
import type { IntervalHistogram } from "node:perf_hooks";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { DiskFact, HostFact } from "./fitness.ts";

const WRITE_EVERY_MS = 1_000;
/** Each is a wake-up of the process; a delay that is longer than this is seen whatever it is. */
const DELAY_RESOLUTION_MS = 100;
const DELAY_WINDOW_MS = 60_000;
/** One block: the file never grows, so it is cheap, and the write is real. */
const BLOCK_BYTES = 4_096;

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);

/** Writes one block to a file, with fsync, once a second. A write that hangs is not followed by another. */
class DiskProbe {
  readonly #path: string;
  readonly #now: () => number;
  #begunAt: number | undefined;
  #problem = "";
  #freeBytes = Number.MAX_SAFE_INTEGER;

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

  async #writeBlock(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o755 });
    const { bavail, bsize } = await statfs(dirname(this.#path));
    this.#freeBytes = bavail * bsize;
    const file = await open(this.#path, "w", 0o600);
    try {
      await file.write(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, 0);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}

export interface LoopDelay {
  readonly p50: number;
  readonly max: number;
}

/** Disk, memory and this process's own event loop. */
export class Host {
  readonly #disks: readonly DiskProbe[];
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  #timers: readonly NodeJS.Timeout[] = [];
  #lastDelay: LoopDelay = { p50: 0, max: 0 };

  /**
   * @param files one file for each disk that the node needs, overwritten once a second
   * @param now the monotonic clock, milliseconds
   */
  constructor(files: readonly string[], now: () => number) {
    this.#disks = files.map((file) => new DiskProbe(file, now));
  }

  start(): void {
    this.#delay.enable();
    this.#timers = [
      setInterval(() => this.#writeDisks(), WRITE_EVERY_MS),
      setInterval(() => this.#renewDelay(), DELAY_WINDOW_MS),
    ];
    this.#writeDisks();
  }

  stop(): void {
    this.#timers.forEach((timer) => clearInterval(timer));
    this.#delay.disable();
  }

  facts(): HostFact {
    return {
      disks: this.#disks.map((disk) => disk.fact()),
      // What programs can still get: the kernel's MemAvailable.
      availableBytes: freemem(),
    };
  }

  /** How late this process's timers ran: the last whole minute, or the present one where it is worse. */
  loopDelayMs(): LoopDelay {
    const current = this.#currentDelay();
    return current.max > this.#lastDelay.max ? current : this.#lastDelay;
  }

  #currentDelay(): LoopDelay {
    const late = (nanoseconds: number): number =>
      Math.max(0, Math.round(nanoseconds / 1e5 - DELAY_RESOLUTION_MS * 10) / 10);
    return { p50: late(this.#delay.percentile(50)), max: late(this.#delay.max) };
  }

  #renewDelay(): void {
    this.#lastDelay = this.#currentDelay();
    this.#delay.reset();
  }

  #writeDisks(): void {
    for (const disk of this.#disks) void disk.write();
  }
}
