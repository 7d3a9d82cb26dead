import { changesOf, type Installation } from "../../../appliance/ngcpcfg/install.ts";
import { breachesOf } from "../../../appliance/config/agreement.ts";
import { describeProblem } from "../../../appliance/config/problem.ts";
import { readInForce } from "../../../appliance/ngcpcfg/in-force.ts";
import { HistoryError } from "../../../appliance/ngcpcfg/git.ts";
import type { SitePlan } from "../../../appliance/ngcpcfg/site.ts";
import type { ExitName } from "../../exit-status.ts";
import { sentenceFor } from "../../operator-error.ts";
import type { Desk } from "../../tool.ts";
import { isReload } from "./dues.ts";
import { loadKernelSettings, placed, planned, warnOfWaiting } from "./build.ts";
import type { ConfigGround } from "./ground.ts";
import { hasHistory, historyOf, strayBranch, telling } from "./ground.ts";
import { noteInForce, treeHere } from "./note.ts";
import type { ServiceFailure } from "./services.ts";
import { announce, dueAfter, notePending, pendingServices, restartServices } from "./services.ts";

export interface ApplyOptions {
  readonly dryRun?: true;
  /** False with --no-restart. */
  readonly restart?: boolean;
}

const pathsOf = (changes: readonly { readonly path: string }[]): readonly string[] =>
  changes.map(({ path }) => path);

/** Says what would be done. */
export const tryOut = async (
  desk: Desk,
  ground: ConfigGround,
  plan: SitePlan,
): Promise<ExitName> => {
  const { say } = telling(desk);
  const changes = await changesOf(plan.files, ground.site.root);
  for (const { path } of changes) say(`Would generate ${path}: OK`);
  const due = await dueAfter(ground, plan.files, pathsOf(changes));
  for (const name of due) say(`TEST MODE: Would ${isReload(name) ? "reload" : "restart"} ${name}`);
  if (changes.length === 0 && due.length === 0) say("OK:   nothing to change.");
  return "done";
};

/** The kernel and the services, with the files that are in place now. */
const takeUp = async (
  desk: Desk,
  ground: ConfigGround,
  paths: readonly string[],
  due: readonly string[],
): Promise<ServiceFailure | undefined> => {
  try {
    await loadKernelSettings(ground, paths);
  } catch (error) {
    return failureOf("the kernel", error);
  }
  return restartServices(desk, ground, due);
};

const failureOf = (name: string, error: unknown): ServiceFailure => {
  const reason = sentenceFor(error);
  if (reason === undefined) throw error;
  return { name, reason };
};

/** @returns why nobody can be asked to restart anything, or undefined */
const announced = async (
  desk: Desk,
  due: readonly string[],
): Promise<ServiceFailure | undefined> => {
  try {
    await announce(desk, due);
    return undefined;
  } catch (error) {
    return failureOf("systemd", error);
  }
};

interface Before {
  /** What ran with older files before this change. */
  readonly pending: readonly string[];
  /** What was asked to take up the new files. */
  readonly tried: readonly string[];
}

/** The old files are back and the services run with them before this is over. */
const takeBack = async (
  desk: Desk,
  ground: ConfigGround,
  { changes, undo }: Installation,
  { pending, tried }: Before,
): Promise<void> => {
  const { say, complain } = telling(desk);
  await undo();
  for (const path of pathsOf(changes)) say(`Putting back ${path}: OK`);
  const changed = changes.filter(({ kind }) => kind === "changed");
  const again = await takeUp(desk, ground, pathsOf(changed), tried);
  if (again !== undefined)
    complain(`Error: ${again.name} does not run with the old files either: ${again.reason}`);
  await notePending(
    ground,
    again === undefined ? pending.filter((name) => !tried.includes(name)) : tried,
  );
};

const putIntoForce = async (
  desk: Desk,
  ground: ConfigGround,
  installation: Installation,
  { before, restarts }: { readonly before: readonly string[]; readonly restarts: boolean },
): Promise<boolean> => {
  const { say, complain } = telling(desk);
  const all = await pendingServices(ground);
  const due = restarts ? all : all.filter(isReload);
  const left = all.filter((each) => !due.includes(each));
  for (const name of left) say(`Restarting ${name}: left pending`);
  const failure =
    (await announced(desk, due)) ??
    (await takeUp(desk, ground, pathsOf(installation.changes), due));
  if (failure === undefined) {
    await notePending(ground, left);
    return true;
  }
  complain(`Error: ${failure.name} does not run with the new files: ${failure.reason}`);
  const tried = due.slice(0, due.indexOf(failure.name) + 1);
  await takeBack(desk, ground, installation, { pending: before, tried });
  return false;
};

/** What is in force and not in the history is told as that: nothing is taken back for it. */
const commitWith = async (
  desk: Desk,
  ground: ConfigGround,
  message: string | undefined,
): Promise<ExitName> => {
  const { say, complain } = telling(desk);
  try {
    const committed = message !== undefined && (await historyOf(desk, ground).commit(message));
    say(committed ? `Committed: ${message}` : "OK:   nothing to commit.");
    return "done";
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    complain(`Error: the change is in force, but not in the history: ${error.message}`);
    return "failed";
  }
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
  await announce(desk, pending);
  const failure = await restartServices(desk, ground, pending);
  if (failure === undefined) {
    await notePending(ground, []);
    return "done";
  }
  await notePending(ground, pending.slice(pending.indexOf(failure.name)));
  complain(`Error: ${failure.name} does not run with the present files: ${failure.reason}`);
  return "failed";
};

/** What both nodes agreed on is not changed on one of them. */
const refusesForBoth = async (
  desk: Desk,
  ground: ConfigGround,
  { loaded }: SitePlan,
): Promise<boolean> => {
  const before = await readInForce(ground.stateDirectory);
  if (before === undefined || loaded.appliance.secrets === undefined) return false;
  const breaches = breachesOf(before.agreement, loaded);
  if (breaches.length === 0) return false;
  const { complain } = telling(desk);
  for (const breach of breaches) complain(`Error: ${describeProblem(breach)}`);
  complain(
    'NGCP_CONCERNS_BOTH_NODES: nothing was changed: ngcpcfg apply --pair "message" changes both nodes',
  );
  return true;
};

/** `ngcpcfg apply "message"`: check, build, install, services, commit; the commit only when the services run. */
export const applyOn = async (
  desk: Desk,
  ground: ConfigGround,
  words: readonly string[],
  options: ApplyOptions,
): Promise<ExitName> => {
  const begun = await begin(desk, ground, words, options);
  if (begun === undefined) return "failed";
  const { plan, message } = begun;
  if (await refusesForBoth(desk, ground, plan)) return "refused";
  if (options.dryRun === true) return tryOut(desk, ground, plan);
  if (!(await carriedOut(desk, ground, plan, options.restart !== false))) return "failed";
  await noteInForce(desk, ground, plan, await treeHere(desk, ground));
  return commitWith(desk, ground, message);
};

/** What is to be put into force, and why. */
export interface Begun {
  readonly plan: SitePlan;
  readonly message: string | undefined;
}

/** Checks everything that can be checked before anything is changed; what is wrong is told. */
export const begin = async (
  desk: Desk,
  ground: ConfigGround,
  [words = ""]: readonly string[],
  { dryRun }: ApplyOptions,
): Promise<Begun | undefined> => {
  if (!(await hasHistory(desk, ground))) return undefined;
  const stray = await strayBranch(desk, ground);
  if (stray !== undefined) {
    desk.complain(`Error: ${stray}`);
    return undefined;
  }
  const message = words.trim() === "" ? undefined : words;
  if (dryRun !== true && (await lacksMessage(desk, ground, message))) return undefined;
  const plan = await planned(desk, ground);
  if (plan === undefined) return undefined;
  telling(desk).say("configs were checked successfully");
  warnOfWaiting(desk, plan);
  return { plan, message };
};

/** The files of a plan, and the services with them or left pending; false when everything is as it was before. */
export const carriedOut = async (
  desk: Desk,
  ground: ConfigGround,
  plan: SitePlan,
  restarts: boolean,
): Promise<boolean> => {
  const before = await pendingServices(ground);
  const installation = await placed(desk, ground, plan);
  if (!(await putIntoForce(desk, ground, installation, { before, restarts }))) return false;
  await installation.settle();
  return true;
};
