import { link, mkdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ApplianceError } from "../../../appliance/errors.ts";
import { isOlderThan } from "../../../appliance/system/age.ts";
import { isErrno } from "../../../appliance/system/errno.ts";
import { startOf } from "../../../appliance/system/process.ts";

class ConfigBusyError extends ApplianceError {
  override readonly name = "ConfigBusyError";
  readonly code = "NGCP_CONFIG_BUSY";

  constructor(pid: number) {
    super(
      `another ngcpcfg changes the configuration, as process ${pid}: try again when it is done`,
    );
  }
}

const FILE = "lock";
const LOOK_MS = 100;
const TURN_MS = 5_000;

/** `PID START`: the number alone may be that of another process by now. */
const HOLDER = /^([1-9]\d*) (\d+)$/;

const holderOf = async (path: string): Promise<number | undefined> => {
  try {
    const [, pid, start] = HOLDER.exec(await readFile(path, "utf8")) ?? [];
    const isHeld = pid !== undefined && (await startOf(Number(pid))) === start;
    return isHeld ? Number(pid) : undefined;
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
};

/** What stands in the lock of a process. */
export const lockOf = async (pid: number): Promise<string> => `${pid} ${await startOf(pid)}`;

/** The lock is there with its holder in it, or not at all. */
const take = async (path: string): Promise<boolean> => {
  const own = `${path}.${process.pid}`;
  await writeFile(own, await lockOf(process.pid));
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (isErrno(error) && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
};

/**
 * Takes away the lock of a process that is no more. One at a time looks again and removes it: of two that saw the same
 * dead holder the later one would remove the lock of the earlier one.
 */
const clearDead = async (path: string): Promise<void> => {
  const turn = `${path}.turn`;
  try {
    await mkdir(turn);
  } catch (error) {
    if (!(isErrno(error) && error.code === "EEXIST")) throw error;
    // Whoever has the turn keeps it for a moment; what is older was left by a process that was killed.
    if (await isOlderThan(turn, TURN_MS)) await rmdir(turn);
    return;
  }
  try {
    if ((await holderOf(path)) === undefined) await rm(path, { force: true });
  } finally {
    await rmdir(turn);
  }
};

/** @returns the process that has the lock, undefined when it is this one */
const tryFor = async (path: string): Promise<number | undefined> => {
  if (await take(path)) return undefined;
  const holder = await holderOf(path);
  if (holder !== undefined) return holder;
  await clearDead(path);
  return (await take(path)) ? undefined : ((await holderOf(path)) ?? 0);
};

/**
 * Lets one process at a time change the configuration. What a process left behind that is no more is taken away.
 *
 * @param directory usually /run/ngcpcfg
 * @param waitMs how long another one is waited for
 * @throws {ConfigBusyError} while another one works
 */
export const alone = async <Result>(
  directory: string,
  work: () => Promise<Result>,
  waitMs = 0,
): Promise<Result> => {
  const path = join(directory, FILE);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const deadline = performance.now() + waitMs;
  for (let holder = await tryFor(path); holder !== undefined; holder = await tryFor(path)) {
    if (performance.now() >= deadline) throw new ConfigBusyError(holder);
    await pause(LOOK_MS);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
};
