import { CLONE_REPORT, isUnderWay, readReport } from "../clone/report.ts";
import type { CopyPort } from "../replication/database-moves.ts";
import type { CopyProgress } from "../replication/replica-rules.ts";
import type { UnitsPort } from "./ports.ts";

const UNIT = "ngcp-clone.service";
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 600_000;
/** What has not been begun again for so long begins with the first wait. */
const FORGOTTEN_AFTER_MS = 2 * LONGEST_WAIT_MS;

/**
 * Has the peer's database copied by ngcp-clone.service, outside of the daemon. One that fails is begun again, after a
 * wait that doubles each time: 10 s to 10 min.
 */
export class Copies implements CopyPort {
  readonly #units: Pick<UnitsPort, "start">;
  readonly #now: () => number;
  readonly #file: string;
  #begunAt = Number.NEGATIVE_INFINITY;
  #waitMs = FIRST_WAIT_MS;

  /** @param now the wall clock in milliseconds, which the report of the program is in as well */
  constructor(units: Pick<UnitsPort, "start">, now: () => number, file = CLONE_REPORT) {
    this.#units = units;
    this.#now = now;
    this.#file = file;
  }

  progress(): CopyProgress | undefined {
    const report = readReport(this.#file);
    return report !== undefined && isUnderWay(report, this.#now()) ? report : undefined;
  }

  async begin(signal: AbortSignal): Promise<void> {
    const sinceMs = this.#now() - this.#begunAt;
    if (sinceMs < this.#waitMs) return;
    this.#waitMs =
      sinceMs > FORGOTTEN_AFTER_MS ? FIRST_WAIT_MS : Math.min(2 * this.#waitMs, LONGEST_WAIT_MS);
    this.#begunAt = this.#now();
    await this.#units.start([UNIT], signal);
  }
}
