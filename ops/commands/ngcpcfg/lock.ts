import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ApplianceError } from "../../../appliance/errors.ts";
import { isErrno } from "../../../appliance/system/errno.ts";
import { isAlive } from "../../../appliance/system/process.ts";

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

const holderOf = async (path: string): Promise<number | undefined> => {
  try {
    const pid = Number(await readFile(path, "utf8"));
    return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined;
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
};

/** The lock is there with its holder in it, or not at all. */
const take = async (path: string): Promise<boolean> => {
  const own = `${path}.${process.pid}`;
  await writeFile(own, String(process.pid));
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

/** @returns the process that has the lock, undefined when it is this one */
const tryFor = async (path: string): Promise<number | undefined> => {
  if (await take(path)) return undefined;
  const holder = await holderOf(path);
  if (holder !== undefined) return holder;
  await rm(path, { force: true });
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
