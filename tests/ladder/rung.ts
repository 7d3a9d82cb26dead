import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** One kind of tests: a command, and how its output tells what passed. */
export interface Rung {
  readonly name: string;
  readonly command: readonly string[];
  /** Reads one line of the output; undefined when it tells no counts. */
  readonly count: (line: string) => Partial<Counts> | undefined;
}

type Say = (line: string) => void;

/** `# pass 12` and `# fail 0`, at the end of TAP. */
export const countTap = (line: string): Partial<Counts> | undefined => {
  const [, word, number] = /^# (pass|fail) (\d+)$/.exec(line) ?? [];
  if (number === undefined) return undefined;
  return word === "pass" ? { passed: Number(number) } : { failed: Number(number) };
};

/** `12 passed, 0 failed`, as the drills end. */
export const countPlain = (line: string): Counts | undefined => {
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(line) ?? [];
  return passed === undefined ? undefined : { passed: Number(passed), failed: Number(failed) };
};

export const sum = (all: readonly Counts[]): Counts =>
  all.reduce(
    (one, other) => ({ passed: one.passed + other.passed, failed: one.failed + other.failed }),
    { passed: 0, failed: 0 },
  );

/** Runs a rung and shows its output. One that fails without a failed test counts as one failure. */
const run = async ({ command, count }: Rung, show: Say): Promise<Counts> => {
  const [program = "", ...words] = command;
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  let counts: Counts = { passed: 0, failed: 0 };
  createInterface({ input: child.stderr }).on("line", show);
  createInterface({ input: child.stdout }).on("line", (line) => {
    counts = { ...counts, ...count(line) };
    if (!SAYS_NOTHING.test(line)) show(line);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const silent = counts.passed + counts.failed === 0;
  return counts.failed === 0 && (status !== 0 || silent) ? { ...counts, failed: 1 } : counts;
};

/** Lines of TAP that repeat what the closing line sums up. */
const SAYS_NOTHING = /^(ok \d|TAP version|1\.\.\d|# |\d+ passed, \d+ failed$|\s*$)/;

/** Runs a rung; its name stands above its output, and below it what passed, what failed and the seconds. */
export const climb = async (rung: Rung, say: Say): Promise<Counts> => {
  const startedAt = performance.now();
  say(`== ${rung.name}`);
  const counts = await run(rung, say);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  say(`   ${rung.name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`);
  return counts;
};

/** Runs so many rungs beside each other, in their order; what one says comes in one piece when it ends. */
export const climbAbreast = async (
  rungs: readonly Rung[],
  abreast: number,
  say: Say,
): Promise<Counts> => {
  const waiting = [...rungs];
  const counts: Counts[] = [];
  const lane = async (): Promise<void> => {
    for (let rung = waiting.shift(); rung !== undefined; rung = waiting.shift()) {
      const lines: string[] = [];
      counts.push(await climb(rung, (line) => lines.push(line)));
      lines.forEach(say);
    }
  };
  await Promise.all(Array.from({ length: abreast }, lane));
  return sum(counts);
};
