import { machineWarnings } from "../../../appliance/config/machine.ts";
import { describeProblem } from "../../../appliance/config/problem.ts";
import { ApplianceError } from "../../../appliance/errors.ts";
import { recoverAdoption } from "../../../appliance/ngcpcfg/adoption.ts";
import { readInForce } from "../../../appliance/ngcpcfg/in-force.ts";
import { changesOf, install, recover } from "../../../appliance/ngcpcfg/install.ts";
import type { FileChange, Installation } from "../../../appliance/ngcpcfg/install.ts";
import { nodeNamed, planSite, type SitePlan } from "../../../appliance/ngcpcfg/site.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { telling } from "./ground.ts";
import { noteBuilt, treeHere } from "./note.ts";
import { dueAfter, notePending, pendingServices } from "./services.ts";
import { exchangeOf, withCommit } from "./tree.ts";

/** A signal came before the first file was written. From then on everything is brought to its end. */
class InterruptedError extends ApplianceError {
  override readonly name = "InterruptedError";
  readonly code = "NGCP_INTERRUPTED";

  constructor() {
    super("ended by a signal; nothing was changed");
  }
}

const KERNEL_SETTINGS = "/etc/sysctl.d/";

/** Of which files the engines are asked. */
type Asked = "all" | "changed";

/** @throws {ApplianceError} with all that the engines would not take */
const shownToEngines = async (
  desk: Desk,
  ground: ConfigGround,
  { files, loaded }: SitePlan,
  which: Asked,
): Promise<void> => {
  const changes = which === "all" ? files : await changesOf(files, ground.site.root);
  const changed = changes.map(({ path }) => path);
  const { secrets } = loaded.appliance;
  for (const name of await ground.askEngines({ files, changed, secrets }))
    telling(desk).complain(`Warning: ${name} is not installed here, so it did not read its file`);
};

/** Reads and renders everything, and shows it to the engines; what is wrong is told line by line. */
export const planned = async (
  desk: Desk,
  ground: ConfigGround,
  which: Asked = "changed",
): Promise<SitePlan | undefined> => {
  const { say, complain } = telling(desk);
  try {
    const plan = await planSite({ ...ground.site, node: nodeNamed(desk.node) });
    say("yml configs were validated successfully");
    for (const warning of machineWarnings(plan.loaded, await ground.machine())) {
      complain(`Warning: ${describeProblem(warning)}`);
    }
    await shownToEngines(desk, ground, plan, which);
    return plan;
  } catch (error) {
    if (!(error instanceof ApplianceError)) throw error;
    for (const line of error.message.split("\n")) complain(`Error: ${line}`);
    complain(`${error.code}: Build errors detected (see the output above)! Aborting.`);
    return undefined;
  }
};

/** At boot, before anything that reads the files is started. */
export const recoverOn = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  const { say } = telling(desk);
  const { stateDirectory, site } = ground;
  const paths = await recover(stateDirectory);
  for (const path of paths) say(`Finishing ${path}: OK`);
  const commit = await recoverAdoption({
    configDirectory: site.configDirectory,
    stateDirectory,
    exchange: exchangeOf(desk, ground),
  });
  if (commit !== undefined) say(`Finishing the step to ${commit}: OK`);
  if (paths.length === 0 && commit === undefined) say("OK:   no installation was interrupted.");
  return "done";
};

export const checkOn = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  if ((await planned(desk, ground, "all")) === undefined) return "failed";
  telling(desk).say("configs were checked successfully");
  return "done";
};

/**
 * The files of a plan in their places; what the services run with is noted before: whoever is cut off after the files
 * finds out here what still runs with the old ones.
 *
 * @throws {InterruptedError} when a signal came before
 */
export const placed = async (
  desk: Desk,
  ground: ConfigGround,
  { files }: SitePlan,
): Promise<Installation> => {
  const { site, stateDirectory } = ground;
  if (desk.onInterrupt().aborted) throw new InterruptedError();
  const before = await pendingServices(ground);
  const changes = await changesOf(files, site.root);
  await notePending(
    ground,
    await dueAfter(
      ground,
      files,
      changes.map(({ path }) => path),
    ),
  );
  try {
    const installation = await install(files, { root: site.root, stateDirectory });
    for (const { path } of installation.changes) telling(desk).say(`Generating ${path}: OK`);
    return installation;
  } catch (error) {
    await notePending(ground, before);
    throw error;
  }
};

const wouldChange = async (
  desk: Desk,
  { site }: ConfigGround,
  { files }: SitePlan,
): Promise<readonly FileChange[]> => {
  const changes = await changesOf(files, site.root);
  for (const { path } of changes) telling(desk).say(`Would generate ${path}: OK`);
  return changes;
};

interface BuildOptions {
  readonly dryRun?: boolean;
  /** The content of what is built, where that is something else than the files as they lie there. */
  readonly tree?: string;
}

/** A service reads its file when it starts, so what runs with older files from now on is noted. */
export const buildOn = async (
  desk: Desk,
  ground: ConfigGround,
  { dryRun = false, tree }: BuildOptions = {},
): Promise<ExitName> => {
  const plan = await planned(desk, ground);
  if (plan === undefined) return "failed";
  const installation = dryRun ? undefined : await placed(desk, ground, plan);
  const changes = installation?.changes ?? (await wouldChange(desk, ground, plan));
  if (changes.length === 0) telling(desk).say("OK:   nothing to change.");
  warnOfWaiting(desk, plan);
  if (installation === undefined) return "done";
  await installation.settle();
  await noteBuilt(desk, ground, plan, tree ?? (await treeHere(desk, ground)));
  await loadKernelSettings(
    ground,
    changes.map(({ path }) => path),
  );
  return "done";
};

/**
 * Builds once more what is in force, with the secrets as they are by now: what lies in /etc/ngcp-config and nobody applied
 * stays there. Only where nothing is known of what is in force the files themselves are built.
 */
export const rebuildOn = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  const tree = (await readInForce(ground.stateDirectory))?.tree;
  if (tree === undefined || tree === null) return buildOn(desk, ground);
  return withCommit(desk, ground, { commit: tree }, (there) => buildOn(desk, there, { tree }));
};

export const warnOfWaiting = (desk: Desk, { waiting }: SitePlan): void => {
  for (const path of waiting) {
    telling(desk).complain(
      `Warning: ${path} waits for the secrets of the pair: ngcp-pair create, or join`,
    );
  }
};

/** Those among the files that are the kernel's are put into force at once: no service reads them. */
export const loadKernelSettings = async (
  ground: ConfigGround,
  paths: readonly string[],
): Promise<void> => {
  for (const path of paths.filter((each) => each.startsWith(KERNEL_SETTINGS))) {
    await ground.loadKernelSettings(path);
  }
};
