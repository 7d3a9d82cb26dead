import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { interruption, InterruptedError } from "../../../ops/lab/interruption.ts";
import { labOf } from "../../../ops/lab/names.ts";
import type { Lab } from "../../../ops/lab/names.ts";
import { takeDown } from "../../../ops/lab/pair.ts";
import type { Drill } from "./drill.ts";
import { keepEvidence } from "./evidence.ts";
import type { DrillRun, Figures } from "./figures.ts";
import { Pair } from "./pair.ts";
import { markdownTable } from "./report.ts";

const USAGE = `Usage: npm run drill -- --list | NAME[,NAME]... | all  [--runs N] [--json FILE] [--evidence]

  --list       the drills, a sentence each
  --runs N     each drill N times; 1 where absent
  --json FILE  the figures of each run, as an array of {drill, run, figures}
  --evidence   keeps status, journal and recordings of both nodes in build/drills also of runs that passed
`;
const EXIT_USAGE = 2;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/**
 * Drills are told in the order of their names, but for one that finds what another leaves: a node that was unhealthy is not
 * handed the role for a minute, and to be handed it is the story of `disk-hung`, while `disk-full` leaves such a node. Here
 * neither those before it nor those behind it care.
 */
const TOLD_AFTER: ReadonlyMap<string, string> = new Map([["disk-hung", "secret-differs"]]);

const place = ({ name }: Drill): string => {
  const earlier = TOLD_AFTER.get(name);
  return earlier === undefined ? name : `${earlier} ${name}`;
};

const inOrder = (drills: readonly Drill[]): readonly Drill[] =>
  [...drills].sort((one, other) => (place(one) < place(other) ? -1 : 1));

/** All drills: each lies in a file of its own above this folder. */
const loadDrills = async (): Promise<readonly Drill[]> => {
  const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
  const files = readdirSync(folder).filter((name) => name.endsWith(".drill.js"));
  const drills = files.map(async (name) => {
    const module: unknown = await import(pathToFileURL(path.join(folder, name)).href);
    return (module as { readonly story: Drill }).story;
  });
  return inOrder(await Promise.all(drills));
};

const main = async (words: readonly string[]): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
      runs: { type: "string", default: "1" },
      json: { type: "string" },
      evidence: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const drills = await loadDrills();
  if (values.list) {
    for (const { name, title } of drills) say(`${name.padEnd(26)} ${title}`);
    return 0;
  }
  const chosen = choose(drills, positionals.join(","));
  const times = Number(values.runs);
  if (typeof chosen === "string" || !Number.isInteger(times) || times < 1) {
    process.stderr.write(`${typeof chosen === "string" ? `${chosen}\n` : ""}${USAGE}`);
    return EXIT_USAGE;
  }
  const { json, evidence } = values;
  const keep = (done: readonly DrillRun[]): void => {
    if (json !== undefined) writeResults(json, done);
  };
  const runs = await perform(chosen, { times, evidence, keep });
  say(`\n${markdownTable(runs)}\n`);
  const failed = runs.filter((run) => run.failure !== undefined).length;
  say(`${runs.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
};

const choose = (drills: readonly Drill[], names: string): readonly Drill[] | string => {
  if (names === "all") return drills;
  const wanted = names.split(",").filter((name) => name !== "");
  const unknown = wanted.find((name) => !drills.some((drill) => drill.name === name));
  if (unknown !== undefined) return `There is no drill ${unknown}.`;
  return wanted.length === 0
    ? "Name a drill."
    : drills.filter((drill) => wanted.includes(drill.name));
};

const writeResults = (file: string, runs: readonly DrillRun[]): void => {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, `${JSON.stringify(runs, null, 2)}\n`);
};

interface Wishes {
  readonly times: number;
  /** What the nodes say of themselves is kept of runs that passed, too. */
  readonly evidence: boolean;
  /** Is given all runs so far after each one: an interruption loses none that has ended. */
  readonly keep: (runs: readonly DrillRun[]) => void;
}

/** Runs the drills one after the other on one pair; takes the pair down at the end, also when it is interrupted. */
const perform = async (
  drills: readonly Drill[],
  { times, evidence, keep }: Wishes,
): Promise<readonly DrillRun[]> => {
  const lab = labOf(process.env);
  const layers = process.env["TANDEM_LAYERS"] ?? "";
  const interrupted = interruption();
  const runs: DrillRun[] = [];
  let opening: Promise<Pair> | undefined;
  try {
    for (const drill of drills)
      for (let run = 1; run <= times; run += 1) {
        opening ??= Pair.open(lab, layers);
        const pair = await Promise.race([opening, interrupted]);
        const beganAt = performance.now();
        const done = await performOne(pair, drill, run, interrupted);
        runs.push(done);
        keep(runs);
        say(`${lineOf(done)} (${((performance.now() - beganAt) / 1000).toFixed(0)} s)`);
        if (done.failure !== undefined || evidence)
          say(`  see ${await keepEvidence(lab, drill.name, run)}`);
        if (done.failure !== undefined) {
          await discard(lab, pair);
          opening = undefined;
        }
      }
    return runs;
  } finally {
    // A pair that is being brought up while it is taken down leaves half of one to the next run.
    await discard(lab, await opening?.catch(() => undefined));
  }
};

/** A pair that failed a drill is no ground for the next one. */
const discard = async (lab: Lab, pair: Pair | undefined): Promise<void> => {
  await pair?.close();
  await takeDown(lab);
};

const performOne = async (
  pair: Pair,
  drill: Drill,
  run: number,
  interrupted: Promise<never>,
): Promise<DrillRun> => {
  let figures: Figures | null = null;
  try {
    const told = async (): Promise<void> => {
      await drill.story(pair);
      figures = await pair.figures();
      // A failure that the pair does not get over is no small matter, however well it went at first.
      await pair.leave();
    };
    await Promise.race([told(), interrupted]);
    return { drill: drill.name, run, figures };
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    const failure = error instanceof Error ? error.message : String(error);
    figures ??= await pair.figures();
    return { drill: drill.name, run, figures, failure };
  }
};

const lineOf = ({ drill, run, figures, failure }: DrillRun): string => {
  const head = `${drill.padEnd(26)} run ${run}`;
  if (failure !== undefined) return `${head}  FAILED: ${failure}`;
  const said = Object.entries(figures ?? {})
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
  return `${head}  ${said}`;
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
