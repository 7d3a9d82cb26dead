import { readFile, rm, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { COMPONENTS } from "../../../components/index.ts";
import { ApplianceError } from "../../../appliance/errors.ts";
import { isErrno } from "../../../appliance/system/errno.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { telling } from "./ground.ts";

/** The daemon is fed by its settings, every other service by templates. */
const DAEMON = "ngcp-ha";
const DAEMON_FILE = "/etc/ngcp-ha/settings.json";
const DAEMON_UNIT = "ngcp-ha.service";
const NOT_HERE = "NGCP_COMPONENT_NOT_HERE";

/** A service that was asked to take up its new files, and what came of it. */
export interface ServiceFailure {
  readonly name: string;
  readonly reason: string;
}

/** The services that the files at `paths` feed: the stores first, as they depend on each other; the daemon last. */
export const servicesFedBy = (paths: readonly string[]): readonly string[] => {
  const fed = COMPONENTS.filter(({ templates }) =>
    templates.some((template) => paths.includes(`/${template.replace(/\.eta$/, "")}`)),
  ).map(({ name }) => name);
  return paths.includes(DAEMON_FILE) ? [...fed, DAEMON] : fed;
};

const restartOne = async (desk: Desk, name: string): Promise<string | undefined> => {
  const { say } = telling(desk);
  try {
    if (name === DAEMON) {
      await desk.units.restart(DAEMON_UNIT);
      say(`Restarting ${name}: OK, it went on with what was running`);
      return undefined;
    }
    const answer = await desk.control.component(name, "restart");
    if (answer.code === NOT_HERE) {
      say(`Restarting ${name}: not needed, it runs on the active node only`);
      return undefined;
    }
    if (answer.outcome !== "done") return answer.sentence;
    say(`Restarting ${name}: OK`);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApplianceError)) throw error;
    return error.message;
  }
};

/**
 * Has services take up their new files, one after the other; stops at the first that does not run with them.
 *
 * @returns undefined when all run
 */
export const restartServices = async (
  desk: Desk,
  names: readonly string[],
): Promise<ServiceFailure | undefined> => {
  for (const name of names) {
    const reason = await restartOne(desk, name);
    if (reason !== undefined) return { name, reason };
  }
  return undefined;
};

const PENDING = "pending";

/** The services that still run with older files than those on the disk. */
export const pendingServices = async ({
  stateDirectory,
}: ConfigGround): Promise<readonly string[]> => {
  try {
    const text = await readFile(join(stateDirectory, PENDING), "utf8");
    return text.split("\n").filter((line) => line !== "");
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return [];
    throw error;
  }
};

export const notePending = async (
  { stateDirectory }: ConfigGround,
  names: readonly string[],
): Promise<void> => {
  const path = join(stateDirectory, PENDING);
  if (names.length === 0) {
    await rm(path, { force: true });
    return;
  }
  await mkdir(stateDirectory, { recursive: true, mode: 0o755 });
  await writeFile(path, `${names.join("\n")}\n`);
};
