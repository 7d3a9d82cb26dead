import { Argument, Command } from "commander";
import { machineWarnings, type Machine } from "../../appliance/config/machine.ts";
import { describeProblem } from "../../appliance/config/problem.ts";
import { ApplianceError } from "../../appliance/errors.ts";
import { changesOf, install } from "../../appliance/ngcpcfg/install.ts";
import { nodeNamed, planSite, type Site, type SitePlan } from "../../appliance/ngcpcfg/site.ts";
import { exitStatusHelp, type ExitName } from "../exit-status.ts";
import { stamp } from "../output/stamp.ts";
import type { Desk, Tool } from "../tool.ts";
import { VERSION } from "../../appliance/version.ts";

/** What ngcpcfg needs of the machine it runs on. */
export interface ConfigGround {
  readonly site: Omit<Site, "node">;
  readonly isRoot: boolean;
  readonly machine: () => Promise<Machine>;
  /** Puts a file of kernel settings into force. */
  readonly loadKernelSettings: (path: string) => Promise<void>;
}

interface Options {
  readonly dryRun?: true;
}

const EXITS = {
  done: "done, or nothing to do",
  failed:
    "the configuration or a template is wrong, or a file could not be written; nothing was changed",
  usage: "wrong usage",
};

const define = (): Command =>
  new Command("ngcpcfg")
    .description("checks the configuration of this node, and writes the files that follow from it")
    .addArgument(new Argument("[action]", "check, build, help or version"))
    .option("--dry-run", "with build: say what would change, and change nothing")
    .version(VERSION)
    .addHelpText("after", exitStatusHelp(EXITS));

/** What `--help` and the man page are made of; it needs no machine. */
export const ngcpcfgDefinition = { define, exits: EXITS };

const KERNEL_SETTINGS = "/etc/sysctl.d/";

const telling = (desk: Desk) => ({
  say: (line: string): void => desk.say(`${stamp(desk.now())} ${desk.node}: ${line}`),
  complain: (line: string): void => desk.complain(`${stamp(desk.now())} ${desk.node}: ${line}`),
});

/** Reads and renders everything; what is wrong is told line by line. */
const planned = async (desk: Desk, ground: ConfigGround): Promise<SitePlan | undefined> => {
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

const check = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  if ((await planned(desk, ground)) === undefined) return "failed";
  telling(desk).say("configs were checked successfully");
  return "done";
};

/** A service reads its file when it starts, so the operator is told which files are new. */
export const buildOn = async (
  desk: Desk,
  ground: ConfigGround,
  dryRun: boolean,
): Promise<ExitName> => {
  const { say, complain } = telling(desk);
  const plan = await planned(desk, ground);
  if (plan === undefined) return "failed";
  const { root } = ground.site;
  const changes = await (dryRun ? changesOf : install)(plan.files, root);
  for (const { path } of changes) say(`${dryRun ? "Would generate" : "Generating"} ${path}: OK`);
  if (changes.length === 0) say("OK:   nothing to change.");
  for (const path of plan.waiting) {
    complain(`Warning: ${path} waits for the secrets of the pair: ngcp-pair create, or join`);
  }
  if (!dryRun) {
    for (const { path } of changes.filter((change) => change.path.startsWith(KERNEL_SETTINGS))) {
      await ground.loadKernelSettings(path);
    }
  }
  return "done";
};

export const ngcpcfgOn = (ground: ConfigGround): Tool => ({
  ...ngcpcfgDefinition,
  run: async (parsed, desk) => {
    const [action] = parsed.args;
    if (action === "version") {
      desk.say(VERSION);
      return "done";
    }
    if (action === "help") {
      desk.say(parsed.helpInformation());
      return "done";
    }
    if (action !== "check" && action !== "build") {
      desk.complain(parsed.helpInformation());
      return "failed";
    }
    if (!ground.isRoot) {
      desk.complain("Error: ngcpcfg requires root permissions. Exiting.");
      return "failed";
    }
    return action === "check"
      ? check(desk, ground)
      : buildOn(desk, ground, parsed.opts<Options>().dryRun === true);
  },
});
