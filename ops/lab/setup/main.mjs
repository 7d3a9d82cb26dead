/**
 * The start of `npm run demo|lab|drill` and `npm test`: brings everything they need from a clean clone on a fresh
 * Debian machine, then hands over to the compiled program. Depends on nothing but Node.js.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { build } from "./build.mjs";
import { installHostPackages } from "./debian.mjs";
import { checkNeeds } from "./needs.mjs";
import { installNodePackages } from "./node-packages.mjs";
import { buildPackage } from "./package.mjs";
import { CHECKOUT } from "./paths.mjs";
import { baseSystem, installedSystem } from "./rootfs.mjs";
import { SetupError } from "./shell.mjs";
import { pruneCache } from "./prune.mjs";
import { CACHED, locked, visibleSteps } from "./step.mjs";

/** What each command hands over to. */
const PROGRAMS = new Map([
  ["demo", "dist/ops/lab/demo.js"],
  ["lab", "dist/ops/lab/main.js"],
  ["drill", "dist/tests/drills/harness/main.js"],
  ["test", "dist/tests/ladder/main.js"],
]);

/** Commands that look at what is there, or take it away, need no nodes to boot. */
const bootsNodes = (/** @type {readonly string[]} */ [command, verb]) =>
  !(command === "lab" && verb !== "up") && verb !== "--list" && verb !== "--help";

/** A name that no drill has, or no number of runs, is told before anything is made, and before another run on the lab is waited for. */
const checkDrills = (/** @type {readonly string[]} */ words) => {
  const [names = ""] = words;
  const runs = words.indexOf("--runs");
  if (runs >= 0 && !/^[1-9]\d*$/.test(words[runs + 1] ?? ""))
    throw new SetupError(`--runs takes a whole number from 1 on, not "${words[runs + 1] ?? ""}".`);
  if (names.startsWith("-") || names === "all") return;
  const unknown = names
    .split(",")
    .find((name) => !existsSync(path.join(CHECKOUT, "tests/drills", `${name}.drill.ts`)));
  if (unknown !== undefined)
    throw new SetupError(`There is no drill "${unknown}": npm run drill -- --list names them.`);
};

/** The parts of `npm test`, as tests/ladder/main.ts knows them. */
const TESTS = ["lint", "unit", "scenarios", "simulator", "contract", "package", "drills"];

const checkTests = (/** @type {readonly string[]} */ words) => {
  const unknown = words.find((name) => !TESTS.includes(name));
  if (unknown !== undefined)
    throw new SetupError(`There are no tests "${unknown}". There are: ${TESTS.join(", ")}.`);
};

const setUp = async (/** @type {boolean} */ withNodes) => {
  const step = visibleSteps(withNodes ? 0 : 1500);
  await step("Debian packages", installHostPackages);
  await step("npm packages", installNodePackages);
  await step("build", build);
  if (!withNodes) return {};
  let deb = "";
  let base = "";
  let layer = "";
  const note = (/** @type {boolean} */ cached) => (cached ? CACHED : undefined);
  const packaged = existsSync(path.join(CHECKOUT, "debian/control"));
  if (packaged)
    await step("package (.deb)", async () => {
      const built = await buildPackage();
      deb = built.file;
      return note(built.cached);
    });
  await step("root file system", async () => {
    const made = await baseSystem();
    base = made.directory;
    return note(made.cached);
  });
  if (packaged)
    await step("package installed", async () => {
      const made = await installedSystem(base, deb);
      layer = made.directory;
      return note(made.cached);
    });
  pruneCache();
  return {
    TANDEM_LAYERS: [layer, base]
      .filter((name) => name !== "")
      .map((name) => path.join(name, "root"))
      .join(":"),
    TANDEM_DEB: deb,
  };
};

/**
 * Runs the program in the foreground: it is given the signals, and its end is ours.
 *
 * @param {string} program
 * @param {readonly string[]} words
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<void>}
 */
const handOver = async (program, words, environment) => {
  const child = spawn(process.execPath, [path.join(CHECKOUT, program), ...words], {
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  // A terminal sends SIGINT to the whole foreground group, so the program has it already.
  process.on("SIGINT", () => undefined);
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"]))
    process.on(signal, () => child.kill(signal));
  const [status] = await once(child, "close");
  process.exitCode = typeof status === "number" ? status : 1;
};

const main = async (/** @type {readonly string[]} */ words) => {
  const program = PROGRAMS.get(words[0] ?? "");
  if (program === undefined)
    throw new SetupError(`Say one of: ${[...PROGRAMS.keys()].join(", ")}.`);
  if (words[0] === "drill") checkDrills(words.slice(1));
  if (words[0] === "test") checkTests(words.slice(1));
  checkNeeds();
  const boots = bootsNodes(words);
  const environment = await setUp(boots);
  const start = () => handOver(program, words.slice(1), environment);
  // Two runs on one lab would break each other's pair: the second waits for its turn.
  if (boots) await locked(`lab-${process.env["TANDEM_LAB"] ?? "tandem"}`, start);
  else await start();
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
