import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startOrder } from "../../../components/graph.ts";
import { COMPONENTS } from "../../../components/index.ts";
import { ApplianceError } from "../../../appliance/errors.ts";
import { isErrno } from "../../../appliance/system/errno.ts";
import { isSilence } from "../../silence.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { telling } from "./ground.ts";

/** The daemon is fed by its settings, every other service by templates. */
const DAEMON = "ngcp-ha";
const DAEMON_FILE = "/etc/ngcp-ha/settings.json";
const DAEMON_UNIT = "ngcp-ha.service";
const NOT_HERE = "NGCP_COMPONENT_NOT_HERE";
const ANSWERS_WITHIN_MS = 15_000;
const ASK_EVERY_MS = 100;

/** A service that was asked to take up its new files, and what came of it. */
export interface ServiceFailure {
  readonly name: string;
  readonly reason: string;
}

/** The daemon first, for the others are restarted through it; then each after what it depends on. */
const ORDER: readonly string[] = [DAEMON, ...startOrder(COMPONENTS).flat()];

const inOrder = (names: readonly string[]): readonly string[] =>
  ORDER.filter((name) => names.includes(name));

/** The services that the files at `paths` feed. */
const servicesFedBy = (paths: readonly string[]): readonly string[] => {
  const fed = COMPONENTS.filter(({ templates }) =>
    templates.some((template) => paths.includes(`/${template.replace(/\.eta$/, "")}`)),
  ).map(({ name }) => name);
  return inOrder(paths.includes(DAEMON_FILE) ? [...fed, DAEMON] : fed);
};

/** A daemon that has just started opens the socket of the tools a little later. */
const untilDaemonAnswers = async ({ control }: Desk): Promise<void> => {
  const deadline = performance.now() + ANSWERS_WITHIN_MS;
  for (;;) {
    try {
      await control.components();
      return;
    } catch (error) {
      if (!(error instanceof ApplianceError)) throw error;
      if (!isSilence(error)) return;
      if (performance.now() >= deadline) throw error;
    }
    await pause(ASK_EVERY_MS);
  }
};

const restartDaemon = async (desk: Desk): Promise<void> => {
  await desk.units.restart(DAEMON_UNIT);
  await untilDaemonAnswers(desk);
  telling(desk).say(`Restarting ${DAEMON}: OK, it went on with what was running`);
};

/** @returns why the component does not run, or undefined */
const restartComponent = async (desk: Desk, name: string): Promise<string | undefined> => {
  const { say } = telling(desk);
  const answer = await desk.control.component(name, "restart");
  if (answer.code === NOT_HERE) {
    say(`Restarting ${name}: not needed, it runs on the active node only`);
    return undefined;
  }
  if (answer.outcome !== "done") return answer.sentence;
  say(`Restarting ${name}: OK`);
  return undefined;
};

const restartOne = async (desk: Desk, name: string): Promise<string | undefined> => {
  try {
    if (name !== DAEMON) return await restartComponent(desk, name);
    await restartDaemon(desk);
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
  for (const name of inOrder(names)) {
    const reason = await restartOne(desk, name);
    if (reason !== undefined) return { name, reason };
  }
  return undefined;
};

const PENDING = "pending";

/** The services that still run with older files than those on the disk; none after a boot. */
export const pendingServices = async ({
  runtimeDirectory,
}: ConfigGround): Promise<readonly string[]> => {
  try {
    const text = await readFile(join(runtimeDirectory, PENDING), "utf8");
    return inOrder(text.split("\n"));
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return [];
    throw error;
  }
};

export const notePending = async (
  { runtimeDirectory }: ConfigGround,
  names: readonly string[],
): Promise<void> => {
  const path = join(runtimeDirectory, PENDING);
  if (names.length === 0) {
    await rm(path, { force: true });
    return;
  }
  await mkdir(runtimeDirectory, { recursive: true, mode: 0o755 });
  await writeFile(path, `${names.join("\n")}\n`);
};

/** Somebody restarted these services by other means. */
export const noteRestarted = async (
  ground: ConfigGround,
  names: readonly string[],
): Promise<void> => {
  const pending = await pendingServices(ground);
  await notePending(
    ground,
    pending.filter((name) => !names.includes(name)),
  );
};

/** The services that run with older files once those at `paths` are new. */
export const dueAfter = async (
  ground: ConfigGround,
  paths: readonly string[],
): Promise<readonly string[]> =>
  inOrder([...(await pendingServices(ground)), ...servicesFedBy(paths)]);
