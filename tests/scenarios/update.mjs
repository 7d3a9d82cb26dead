// npm run scenarios -- --update: writes what comes of every transcript anew; without --update it only compares.
import { spawnSync } from "node:child_process";

const update = process.argv.includes("--update");
const run = (command, args) =>
  spawnSync(command, args, {
    stdio: "inherit",
    env: { ...process.env, ...(update ? { UPDATE_SCENARIOS: "1" } : {}) },
  }).status ?? 1;

process.exitCode =
  run("npx", ["tsc", "-b"]) || run("npx", ["ava", "dist/tests/scenarios/scenarios.test.js"]);
