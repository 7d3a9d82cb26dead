import type { Fields, Level, Log } from "./log.ts";

/** Lines that wait for the log to be loaded; more than that are dropped and counted. */
const WAITING_MAX = 200;

interface Line {
  readonly level: Level;
  readonly sentence: string;
  readonly fields: Fields;
}

/** Takes lines from the first moment on, and writes them as soon as the log is loaded: that waits for the first heartbeat. */
export class Journal {
  readonly #waiting: Line[] = [];
  #log: Log | undefined;
  #dropped = 0;

  write(level: Level, sentence: string, fields: Fields = {}): void {
    if (this.#log !== undefined) this.#log.write(level, sentence, fields);
    else if (this.#waiting.length < WAITING_MAX) this.#waiting.push({ level, sentence, fields });
    else this.#dropped += 1;
  }

  attach(log: Log): void {
    this.#log = log;
    for (const { level, sentence, fields } of this.#waiting.splice(0))
      log.write(level, sentence, fields);
  }

  flush(): void {
    this.#log?.flush();
  }

  dropped(): number {
    return this.#dropped + (this.#log?.dropped() ?? 0);
  }
}
