import type { Schedule } from "./faults.ts";
import { beginFault, drawSchedule } from "./faults.ts";
import type { DocumentedCase, Verdict } from "./invariants.ts";
import { Judge } from "./invariants.ts";
import { Trace } from "./trace.ts";
import { World } from "./world.ts";

/** After the last fault: within this time exactly one node is active, and stays so for `QUIET_MS`. */
const SETTLE_MS = 20_000;
const QUIET_MS = 2_000;
const LOOK_EVERY_MS = 10;
const IDLE_LOOK_EVERY_MS = 100;

export interface Run {
  readonly seed: number;
  readonly hash: string;
  readonly takeovers: number;
  readonly documented: Readonly<Record<DocumentedCase, number>>;
  readonly verdict: Verdict | undefined;
  readonly lines: readonly string[];
  readonly schedule: Schedule;
}

export interface RunOptions {
  readonly keepsLines: boolean;
  /** Instead of what the seed draws. */
  readonly schedule?: Schedule;
}

const schedule = (world: World, { faults, healAtMs }: Schedule): void => {
  const open = new Set<() => void>();
  for (const plan of faults) {
    world.agenda.in(plan.atMs, () => {
      const end = beginFault(world, plan);
      open.add(end);
      world.agenda.in(plan.forMs, end);
    });
  }
  world.agenda.in(healAtMs, () => {
    world.trace.note(world.nowMs, "", "! everything is repaired");
    for (const end of open) end();
    world.heal();
  });
};

const lookOn = (world: World, judge: Judge, everyMs: number, look: () => void): void => {
  look();
  world.agenda.in(everyMs, () => lookOn(world, judge, everyMs, look));
};

/** Simulates one seed: faults, then repair, then quiet. */
export const runSeed = (seed: number, options: RunOptions): Run => {
  const trace = new Trace(options.keepsLines);
  const world = new World(seed, trace);
  const judge = new Judge(world);
  const plan = options.schedule ?? drawSchedule(seed);
  world.onChange = () => judge.look();
  schedule(world, plan);
  for (const node of world.nodes) world.agenda.in(node.machine.side, () => node.powerOn());
  lookOn(world, judge, LOOK_EVERY_MS, () => judge.look());
  lookOn(world, judge, IDLE_LOOK_EVERY_MS, () => {
    judge.lookForIdleness();
    judge.lookForOne();
  });
  world.agenda.run(plan.healAtMs + SETTLE_MS, () => {
    const settledMs = judge.settledForMs;
    return (
      judge.verdict !== undefined ||
      (world.nowMs > plan.healAtMs + QUIET_MS && settledMs > QUIET_MS)
    );
  });
  if (judge.settledForMs <= QUIET_MS) judge.condemnUnsettled();
  const { takeovers, documented, verdict } = judge;
  return {
    seed,
    hash: trace.hash,
    takeovers,
    documented,
    verdict,
    lines: trace.lines,
    schedule: plan,
  };
};

/** Leaves out one fault after the other for as long as the seed fails all the same. */
export const shrink = (failed: Run): Run => {
  let smallest = failed;
  for (let index = failed.schedule.faults.length - 1; index >= 0; index -= 1) {
    const { schedule } = smallest;
    const faults = schedule.faults.filter((_plan, place) => place !== index);
    const run = runSeed(failed.seed, { keepsLines: false, schedule: { ...schedule, faults } });
    if (run.verdict?.kind === failed.verdict?.kind) smallest = run;
  }
  return runSeed(failed.seed, { keepsLines: true, schedule: smallest.schedule });
};
