import { pino, symbols } from "pino";

/**
 * How urgent a line is: `error` needs a hand, `warning` may need one, `notice` is a change of role or of
 * an alarm, `info` is what was done, `debug` is for developers.
 */
export type Level = "error" | "warning" | "notice" | "info" | "debug";

export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  write(level: Level, sentence: string, fields?: Fields): void;
  /** Lines that were lost because the journal did not read them in time. */
  dropped(): number;
  /** Writes what waits, before the process ends. */
  flush(): void;
}

/** journald's priorities, as a line on standard output carries them: `<3>`. */
const PRIORITY: Readonly<Record<Level, number>> = {
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

const LEVELS: Readonly<Record<Level, number>> = {
  error: 50,
  warning: 40,
  notice: 35,
  info: 30,
  debug: 20,
};

const priorityOf = (level: number): number => {
  const found = (Object.keys(LEVELS) as Level[]).find((name) => LEVELS[name] === level);
  return PRIORITY[found ?? "info"];
};

/** What a journal that does not read may keep in memory. */
const BUFFER_BYTES = 256 * 1024;

/**
 * Lines of JSON on `fd`, each with its priority in front. Writing never waits: what the journal does not
 * take in time is dropped and counted.
 */
export const createLog = (fd: number): Log => {
  let dropped = 0;
  const destination = pino.destination({ fd, sync: false, maxLength: BUFFER_BYTES });
  destination.on("drop", () => {
    dropped += 1;
  });
  destination.on("error", () => {
    dropped += 1;
  });
  const prefixed = {
    [symbols.needsMetadataGsym]: true,
    lastLevel: LEVELS.info,
    write(line: string): void {
      destination.write(`<${priorityOf(this.lastLevel)}>${line}`);
    },
  };
  const logger = pino(
    {
      base: null,
      timestamp: false,
      level: "info",
      customLevels: LEVELS,
      useOnlyCustomLevels: true,
      formatters: { level: (label) => ({ level: label }) },
    },
    prefixed,
  );
  return {
    write: (level, sentence, fields = {}) => logger[level](fields, sentence),
    dropped: () => dropped,
    flush: () => destination.flushSync(),
  };
};
