import { changesOf, install, type Installation } from "../../../appliance/ngcpcfg/install.ts";
import type { SitePlan } from "../../../appliance/ngcpcfg/site.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import { loadKernelSettings, planned, warnOfWaiting } from "./build.ts";
import type { ConfigGround } from "./ground.ts";
import { historyOf, telling } from "./ground.ts";
import { notePending, pendingServices, restartServices, servicesFedBy } from "./services.ts";

export interface ApplyOptions {
  readonly dryRun?: true;
  /** False with --no-restart. */
  readonly restart?: boolean;
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

/** The services that are to be restarted: those that were left with older files before, too. */
const dueAfter = async (
  ground: ConfigGround,
  paths: readonly string[],
): Promise<readonly string[]> =>
  unique([...(await pendingServices(ground)), ...servicesFedBy(paths)]);

const tryOut = async (desk: Desk, ground: ConfigGround, plan: SitePlan): Promise<ExitName> => {
  const { say } = telling(desk);
  const changes = await changesOf(plan.files, ground.site.root);
  for (const { path } of changes) say(`Would generate ${path}: OK`);
  const due = await dueAfter(
    ground,
    changes.map(({ path }) => path),
  );
  for (const name of due) say(`TEST MODE: Would restart ${name}`);
  if (changes.length === 0 && due.length === 0) say("OK:   nothing to change.");
  return "done";
};

/** The old files are back and the services run with them before this is over. */
const takeBack = async (
  desk: Desk,
  installation: Installation,
  names: readonly string[],
): Promise<void> => {
  const { say, complain } = telling(desk);
  await installation.undo();
  for (const { path } of installation.changes) say(`Putting back ${path}: OK`);
  const again = await restartServices(desk, names);
  if (again !== undefined)
    complain(`Error: ${again.name} does not run with the old files either: ${again.reason}`);
};

const takeUp = async (
  desk: Desk,
  ground: ConfigGround,
  installation: Installation,
  restarts: boolean,
): Promise<boolean> => {
  const { say, complain } = telling(desk);
  const paths = installation.changes.map(({ path }) => path);
  const due = await dueAfter(ground, paths);
  if (!restarts) {
    await notePending(ground, due);
    for (const name of due) say(`Restarting ${name}: left pending`);
    return true;
  }
  await loadKernelSettings(ground, paths);
  const failure = await restartServices(desk, due);
  if (failure === undefined) {
    await notePending(ground, []);
    return true;
  }
  complain(`Error: ${failure.name} does not run with the new files: ${failure.reason}`);
  await takeBack(desk, installation, due.slice(0, due.indexOf(failure.name) + 1));
  return false;
};

const commitWith = async (
  desk: Desk,
  ground: ConfigGround,
  message: string | undefined,
): Promise<void> => {
  const { say } = telling(desk);
  const committed = message !== undefined && (await historyOf(desk, ground).commit(message));
  say(committed ? `Committed: ${message}` : "OK:   nothing to commit.");
};

/** A change that nobody described is not put into force: the history would have a hole. */
const lacksMessage = async (
  desk: Desk,
  ground: ConfigGround,
  message: string | undefined,
): Promise<boolean> => {
  if (message !== undefined || (await historyOf(desk, ground).changes()).length === 0) return false;
  desk.complain("Error: Uncommitted configuration files found.");
  desk.say("Please provide commit message, like: ngcpcfg apply 'summary of your changes'");
  return true;
};

/** `ngcpcfg services`: restarts what runs with older files, and nothing else. */
export const servicesOn = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  const { say, complain } = telling(desk);
  const pending = await pendingServices(ground);
  if (pending.length === 0) say("OK:   all services run with the present files.");
  const failure = await restartServices(desk, pending);
  if (failure === undefined) {
    await notePending(ground, []);
    return "done";
  }
  await notePending(ground, pending.slice(pending.indexOf(failure.name)));
  complain(`Error: ${failure.name} does not run with the present files: ${failure.reason}`);
  return "failed";
};

/** `ngcpcfg apply "message"`: check, build, install, services, commit; the commit only when the services run. */
export const applyOn = async (
  desk: Desk,
  ground: ConfigGround,
  [message]: readonly string[],
  options: ApplyOptions,
): Promise<ExitName> => {
  const { say } = telling(desk);
  const history = historyOf(desk, ground);
  if (!(await history.isInitialised())) {
    desk.complain("Error: /etc/ngcp-config has no history yet: run ngcpcfg initialise first.");
    return "failed";
  }
  const dryRun = options.dryRun === true;
  if (!dryRun && (await lacksMessage(desk, ground, message))) return "failed";
  const plan = await planned(desk, ground);
  if (plan === undefined) return "failed";
  say("configs were checked successfully");
  warnOfWaiting(desk, plan);
  if (dryRun) return tryOut(desk, ground, plan);
  const { root } = ground.site;
  const installation = await install(plan.files, { root, stateDirectory: ground.stateDirectory });
  for (const { path } of installation.changes) say(`Generating ${path}: OK`);
  if (!(await takeUp(desk, ground, installation, options.restart !== false))) return "failed";
  await installation.settle();
  await commitWith(desk, ground, message);
  return "done";
};
