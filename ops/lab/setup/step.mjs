import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CACHE } from "./paths.mjs";
import { outputOf } from "./shell.mjs";

/** Said by a step that found its work done. */
export const CACHED = "cached";

/**
 * Makes the function that runs one step of the set-up visibly: its name while it runs, then how long it took.
 *
 * @param {number} patienceMs a step that is done within this time is not worth a line
 * @returns {(name: string, work: () => Promise<string | undefined>) => Promise<void>}
 */
export const visibleSteps = (patienceMs) => async (name, work) => {
  const startedAt = performance.now();
  let announced = false;
  const announce = () => {
    announced = true;
    process.stderr.write(`${name.padEnd(24)} `);
  };
  if (patienceMs === 0) announce();
  const timer = announced ? undefined : setTimeout(announce, patienceMs);
  try {
    const remark = await work();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const note = remark === undefined ? "" : `  ${remark}`;
    if (announced) process.stderr.write(`${seconds.padStart(6)} s${note}\n`);
  } catch (error) {
    if (announced) process.stderr.write("failed\n");
    throw error;
  } finally {
    clearTimeout(timer);
  }
};

/**
 * A directory of the cache that exists whole or not at all. Built beside its place and renamed, under a lock,
 * so that an interrupted run leaves only a remainder that the next run clears away.
 *
 * @param {string} name e.g. `base-0123456789ab`
 * @param {(directory: string) => Promise<void>} build fills the empty directory it is given
 * @returns {Promise<{directory: string, cached: boolean}>}
 */
export const cachedDirectory = async (name, build) => {
  const directory = path.join(CACHE, name);
  if (existsSync(directory)) {
    // Its time is that of its last use: what is not used for long is pruned.
    const now = new Date();
    utimesSync(directory, now, now);
    return { directory, cached: true };
  }
  return await locked(name, async () => {
    if (existsSync(directory)) return { directory, cached: true };
    const partial = `${directory}.partial`;
    clearAway(partial);
    mkdirSync(partial, { recursive: true });
    await build(partial);
    renameSync(partial, directory);
    return { directory, cached: false };
  });
};

/**
 * Runs `work` while this process holds the named lock. The kernel holds it for a child whose input ends
 * with this process, so a lock cannot outlive its owner; the file tells others who that is.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export const locked = async (name, work) => {
  const file = path.join(CACHE, `${name}.lock`);
  mkdirSync(CACHE, { recursive: true });
  const holder = spawn("flock", [file, "sh", "-c", "echo held; cat >/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  try {
    const held = once(holder.stdout, "data");
    const patience = pause(1000, "waiting", { ref: false });
    if ((await Promise.race([held, patience])) === "waiting") {
      const owner = readFileSync(file, "utf8").trim();
      process.stderr.write(`(waiting for process ${owner}) `);
      await held;
    }
    writeFileSync(file, `${process.pid}\n`);
    return await work();
  } finally {
    holder.stdin.end();
  }
};

/**
 * Removes a tree, after unmounting what is mounted in it.
 *
 * @param {string} directory
 */
export const clearAway = (directory) => {
  if (!existsSync(directory)) return;
  for (const mountPoint of mountsUnder(directory)) outputOf(["umount", mountPoint]);
  outputOf(["rm", "-rf", "--one-file-system", directory]);
};

/**
 * Mount points in a directory, the innermost first.
 *
 * @param {string} directory
 */
const mountsUnder = (directory) =>
  readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
    .reverse();
