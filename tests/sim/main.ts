import { parseArgs } from "node:util";
import { describeFault } from "./faults.ts";
import { DOCUMENTED } from "./invariants.ts";
import type { Run } from "./run.ts";
import { runSeed, shrink } from "./run.ts";

const USAGE = `npm run sim -- --seeds N [--from K]     simulates the seeds K to K + N - 1 (K is 1 if not given)
npm run sim -- --seed S [--shrink]      replays one seed and prints its transcript
`;

const PROGRESS_EVERY = 1_000;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const whole = (text: string | undefined, otherwise: number): number => {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`${text ?? ""} is no whole number`);
};

const summary = (runs: readonly Run[]): string => {
  const takeovers = runs.reduce((sum, run) => sum + run.takeovers, 0);
  const count = (kind: string): number => runs.filter((run) => run.verdict?.kind === kind).length;
  return (
    `${runs.length} seeds, ${takeovers} takeovers, ${count("stuck")} stuck, ` +
    `${count("double holders")} double holders` +
    (count("served empty") === 0 ? "" : `, ${count("served empty")} served empty`)
  );
};

const documented = (runs: readonly Run[]): string =>
  DOCUMENTED.map(
    (kind) => `${kind} ${runs.reduce((sum, run) => sum + run.documented[kind], 0)}`,
  ).join(", ");

const replay = (seed: number, shrinks: boolean): void => {
  const whole = runSeed(seed, { keepsLines: true });
  const run = shrinks && whole.verdict !== undefined ? shrink(whole) : whole;
  for (const line of run.lines) say(line);
  say(`faults: ${run.schedule.faults.map(describeFault).join(", ")}`);
  say(`transcript ${run.hash}`);
  say(summary([run]));
  if (run.verdict !== undefined) process.exitCode = 1;
};

const simulate = (from: number, seeds: number): void => {
  const runs: Run[] = [];
  for (let seed = from; seed < from + seeds; seed += 1) {
    const run = runSeed(seed, { keepsLines: false });
    runs.push(run);
    if (runs.length % PROGRESS_EVERY === 0) process.stderr.write(`${runs.length} seeds done\n`);
    if (run.verdict === undefined) continue;
    process.exitCode = 1;
    say(
      `seed ${seed}: ${run.verdict.kind} at ${run.verdict.atMs.toFixed(1)} ms: ${run.verdict.sentence}`,
    );
    say(`  replay: npm run sim -- --seed ${seed}`);
  }
  say(`two holders that only a fence can prevent: ${documented(runs)}`);
  say(summary(runs));
};

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    from: { type: "string" },
    shrink: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) say(USAGE);
else if (values.seed === undefined) simulate(whole(values.from, 1), whole(values.seeds, 500));
else replay(whole(values.seed, 1), values.shrink);
