import { machineWarnings } from "../../../appliance/config/machine.ts";
import { describeProblem } from "../../../appliance/config/problem.ts";
import { ApplianceError } from "../../../appliance/errors.ts";
import {
  changesOf,
  install,
  recover,
  type FileChange,
} from "../../../appliance/ngcpcfg/install.ts";
import { nodeNamed, planSite, type SitePlan } from "../../../appliance/ngcpcfg/site.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { telling } from "./ground.ts";

const KERNEL_SETTINGS = "/etc/sysctl.d/";

/** Reads and renders everything; what is wrong is told line by line. */
export const planned = async (desk: Desk, ground: ConfigGround): Promise<SitePlan | undefined> => {
  const { say, complain } = telling(desk);
  try {
    const plan = await planSite({ ...ground.site, node: nodeNamed(desk.node) });
    say("yml configs were validated successfully");
    for (const warning of machineWarnings(plan.loaded, await ground.machine())) {
      complain(`Warning: ${describeProblem(warning)}`);
    }
    return plan;
  } catch (error) {
    if (!(error instanceof ApplianceError)) throw error;
    for (const line of error.message.split("\n")) complain(`Error: ${line}`);
    complain(`${error.code}: Build errors detected (see the output above)! Aborting.`);
    return undefined;
  }
};

/** At boot, before anything that reads the files is started. */
export const recoverOn = async (
  desk: Desk,
  { stateDirectory }: ConfigGround,
): Promise<ExitName> => {
  const { say } = telling(desk);
  const paths = await recover(stateDirectory);
  for (const path of paths) say(`Finishing ${path}: OK`);
  if (paths.length === 0) say("OK:   no installation was interrupted.");
  return "done";
};

export const checkOn = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  if ((await planned(desk, ground)) === undefined) return "failed";
  telling(desk).say("configs were checked successfully");
  return "done";
};

const installed = async (
  { files }: SitePlan,
  { site, stateDirectory }: ConfigGround,
): Promise<readonly FileChange[]> => {
  const { changes, settle } = await install(files, { root: site.root, stateDirectory });
  await settle();
  return changes;
};

/** A service reads its file when it starts, so the operator is told which files are new. */
export const buildOn = async (
  desk: Desk,
  ground: ConfigGround,
  dryRun: boolean,
): Promise<ExitName> => {
  const { say } = telling(desk);
  const plan = await planned(desk, ground);
  if (plan === undefined) return "failed";
  const { root } = ground.site;
  const changes = dryRun ? await changesOf(plan.files, root) : await installed(plan, ground);
  for (const { path } of changes) say(`${dryRun ? "Would generate" : "Generating"} ${path}: OK`);
  if (changes.length === 0) say("OK:   nothing to change.");
  warnOfWaiting(desk, plan);
  if (!dryRun)
    await loadKernelSettings(
      ground,
      changes.map(({ path }) => path),
    );
  return "done";
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
