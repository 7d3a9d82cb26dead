import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { COMPONENTS } from "../../../components/index.ts";
import { ApplianceError } from "../../../appliance/errors.ts";
import type { BuiltFile } from "../../../appliance/ngcpcfg/build.ts";
import type { ReloadOrder } from "../../../appliance/ngcpcfg/reload.ts";
import { isErrno } from "../../../appliance/system/errno.ts";
import { isSilence } from "../../silence.ts";
import type { Desk } from "../../tool.ts";
import {
  costsOf,
  DAEMON,
  dueReload,
  duesOf,
  inOrder,
  isReload,
  isSocket,
  serviceOf,
  valuesOf,
  type DueReload,
} from "./dues.ts";
import type { ConfigGround } from "./ground.ts";
import { telling } from "./ground.ts";

const DAEMON_UNIT = "ngcp-ha.service";
const NOT_HERE = "NGCP_COMPONENT_NOT_HERE";
const ANSWERS_WITHIN_MS = 15_000;
const ASK_EVERY_MS = 100;

/** A service that was asked to take up its new files, and what came of it. */
export interface ServiceFailure {
  readonly name: string;
  readonly reason: string;
}

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

const runs = async ({ units }: Desk, unit: string): Promise<boolean> =>
  (await units.states([unit])).get(unit) === "active";

const orderFor = async ({ site }: ConfigGround, { how, path }: DueReload): Promise<ReloadOrder> => {
  if (how.kind === "rpc") return how;
  if (how.kind === "nothing") throw new TypeError(`${path} is taken up by nobody`);
  const text = await readFile(join(site.root, path), "utf8");
  const values = valuesOf(text, how.names);
  return how.server === "mariadb"
    ? { kind: "mariadb", values }
    : { kind: "redis", values, password: valuesOf(text, ["requirepass"])["requirepass"] };
};

/** What does not run reads the file when it starts. */
const reload = async (desk: Desk, ground: ConfigGround, due: DueReload): Promise<void> => {
  const { say } = telling(desk);
  const { component, path } = due;
  if (!(await runs(desk, component.unit))) {
    say(`Reloading ${component.name}: not needed, it does not run here`);
    return;
  }
  await ground.reload(await orderFor(ground, due));
  say(`Reloading ${component.name}: OK, with ${path}`);
};

/**
 * A pair that was not made yet has sockets that are not listened on. Who is spoken with already stays on the line: each
 * conversation has a process and a connection of its own.
 */
const renewSocket = async (desk: Desk, ground: ConfigGround, unit: string): Promise<void> => {
  await ground.reload({ kind: "units" });
  if (!(await runs(desk, unit))) return;
  await desk.units.restart(unit);
  telling(desk).say(`Restarting ${unit}: OK`);
};

const takeUpOne = async (
  desk: Desk,
  ground: ConfigGround,
  due: string,
): Promise<string | undefined> => {
  const reloading = dueReload(due);
  try {
    if (reloading !== undefined) await reload(desk, ground, reloading);
    else if (due === DAEMON) await restartDaemon(desk);
    else if (isSocket(due)) await renewSocket(desk, ground, due);
    else return await restartComponent(desk, due);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApplianceError || isErrno(error))) throw error;
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
  ground: ConfigGround,
  dues: readonly string[],
): Promise<ServiceFailure | undefined> => {
  for (const due of inOrder(dues)) {
    const reason = await takeUpOne(desk, ground, due);
    if (reason !== undefined) return { name: due, reason };
  }
  return undefined;
};

/** Says what restarts cost, before they are done. */
export const announce = async (desk: Desk, dues: readonly string[]): Promise<void> => {
  const { say } = telling(desk);
  const restarts = dues.filter((due) => !isReload(due));
  if (restarts.length === 0) return;
  const states = await desk.units.states(COMPONENTS.map(({ unit }) => unit));
  say(`About to restart, one after the other: ${restarts.join(", ")}`);
  for (const cost of costsOf(restarts, (unit) => states.get(unit) === "active"))
    say(`${cost}; ngcpcfg apply --no-restart leaves it pending`);
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
  // Whole or not at all: a full disk must not make it forget what was pending.
  const written = `${path}.${process.pid}`;
  try {
    await writeFile(written, `${names.join("\n")}\n`);
    await rename(written, path);
  } finally {
    await rm(written, { force: true });
  }
};

/** Somebody restarted these services by other means. */
export const noteRestarted = async (
  ground: ConfigGround,
  names: readonly string[],
): Promise<void> => {
  const pending = await pendingServices(ground);
  await notePending(
    ground,
    pending.filter((due) => !names.includes(serviceOf(due))),
  );
};

/** The services that run with older files once those at `paths` are as in `files`; asked before they are installed. */
export const dueAfter = async (
  ground: ConfigGround,
  files: readonly BuiltFile[],
  paths: readonly string[],
): Promise<readonly string[]> => {
  const renewed = files.filter(({ path }) => paths.includes(path));
  const dues = await Promise.all(
    renewed.map(async ({ path, content }) => ({
      path,
      before: await textAt(join(ground.site.root, path)),
      after: content,
    })),
  );
  return inOrder([...(await pendingServices(ground)), ...duesOf(dues)]);
};

const textAt = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
};
