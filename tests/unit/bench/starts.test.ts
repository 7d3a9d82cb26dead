import test from "ava";
import { execFileSync } from "node:child_process";
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
