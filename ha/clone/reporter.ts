import type { ClonePhase, CloneReport } from "./report.ts";
import { writeReport } from "./report.ts";

const TOLD_EVERY_MS = 500;

/** Tells the daemon how far a copy is, by a file. */
export class Reporter {
  readonly #file: string;
  readonly #timer: NodeJS.Timeout;
  #report: CloneReport;

  constructor(file: string) {
    this.#file = file;
    const at = Date.now();
    const nothing = { bytes: 0, totalBytes: 0, saved: null, because: null };
    this.#report = { phase: "saving", startedAt: at, at, ...nothing };
    this.#timer = setInterval(() => this.#tell(), TOLD_EVERY_MS);
  }

  phase(phase: ClonePhase, totalBytes = this.#report.totalBytes): void {
    this.#report = { ...this.#report, phase, totalBytes };
    this.#tell();
  }

  received(bytes: number): void {
    this.#report = { ...this.#report, bytes: this.#report.bytes + bytes };
  }

  saved(folder: string | null): void {
    this.#report = { ...this.#report, saved: folder };
    this.#tell();
  }

  failed(because: string): void {
    this.#report = { ...this.#report, because };
    this.phase("failed");
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    this.#report = { ...this.#report, at: Date.now() };
    writeReport(this.#file, this.#report);
  }
}
