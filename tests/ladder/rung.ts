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

/** Runs a rung and shows its output. One that fails without a failed test counts as one failure. */
export const climb = async (
  { command, count }: Rung,
  show: (line: string) => void,
): Promise<Counts> => {
  const [program = "", ...words] = command;
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  let counts: Counts = { passed: 0, failed: 0 };
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
