import test from "ava";
import { execFileSync, spawnSync } from "node:child_process";
import path from "node:path";
import { checkout } from "../../golden/golden.ts";

// The test runner ends a process that it did not start: a program that imports it, however far behind, ends at its first line.
for (const [name, file] of [
  ["bench", "bench/main.js"],
  ["drill", "drills/harness/main.js"],
  ["sim", "sim/main.js"],
] as const)
  test(`npm run ${name} starts and says how it is used`, (t) => {
    const program = path.join(checkout, "dist/tests", file);
    const said = execFileSync(process.execPath, [program, "--help"], { encoding: "utf8" });
    t.regex(said, new RegExp(`npm run ${name} -- `));
  });

test("a part of the tests that there is not is told before anything is set up, with those that there are", (t) => {
  const told = ["ops/lab/setup/main.mjs test", "dist/tests/ladder/main.js"].map((words) => {
    const [program = "", ...more] = words.split(" ");
    const run = spawnSync(process.execPath, [path.join(checkout, program), ...more, "nonsense"]);
    return run.stderr.toString();
  });
  t.regex(told[0] ?? "", /^There are no tests "nonsense"\. There are: lint, unit, /);
  t.is(told[1], told[0]);
});
