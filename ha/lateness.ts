import type { RecordableHistogram } from "node:perf_hooks";
import { createHistogram } from "node:perf_hooks";

const WINDOW_MS = 60_000;

/** Milliseconds, to a tenth. */
export interface LoopDelay {
  readonly p50: number;
  readonly max: number;
}

/** How late the ticks of the loop came: what a busy machine, or a long turn of this process, held up. */
export class Lateness {
  readonly #histogram: RecordableHistogram = createHistogram();
  #begunAt = 0;
  #last: LoopDelay = { p50: 0, max: 0 };

  note(at: number, lateMs: number): void {
    if (at - this.#begunAt > WINDOW_MS) {
      this.#last = this.#current();
      this.#begunAt = at;
      this.#histogram.reset();
    }
    // Microseconds; a histogram takes whole numbers from 1 on.
    this.#histogram.record(Math.max(1, Math.round(lateMs * 1_000)));
  }

  /** The last whole minute, or the present one where it is worse. */
  delay(): LoopDelay {
    const current = this.#current();
    return current.max > this.#last.max ? current : this.#last;
  }

  #current(): LoopDelay {
    const { count } = this.#histogram;
    const tenths = (micros: number): number => (count === 0 ? 0 : Math.round(micros / 100) / 10);
    return { p50: tenths(this.#histogram.percentile(50)), max: tenths(this.#histogram.max) };
  }
}
