import { join } from "node:path";
import { ApplianceError } from "../../../appliance/errors.ts";
import { BRANCH, type History } from "../../../appliance/ngcpcfg/history.ts";
import { changesOf } from "../../../appliance/ngcpcfg/install.ts";
import { updateShipped } from "../../../appliance/ngcpcfg/shipped.ts";
import { nodeNamed, planSite } from "../../../appliance/ngcpcfg/site.ts";
import { VERSION } from "../../../appliance/version.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { hasHistory, historyOf } from "./ground.ts";
import { pairFinding } from "./pair-status.ts";
import { pendingServices } from "./services.ts";

const LOG_ENTRIES = 20;
const TEMPLATES = "templates";

/** `ngcpcfg initialise`: makes /etc/ngcp-config a git repository, with the templates of the package in it. */
export const initialiseOn = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  const history = historyOf(desk, ground);
  const isNew = !(await history.isInitialised());
  if (isNew) await history.initialise();
  await bringTemplates(desk, ground);
  if (isNew) await history.commit("Initial configuration");
  desk.say(
    `OK:   ${isNew ? "initialised" : "has been initialised already"}, at ${await history.head()}`,
  );
  return "done";
};

/** The templates of the package, where operators see them; what they edited is theirs. */
const bringTemplates = async (desk: Desk, ground: ConfigGround): Promise<void> => {
  const { configDirectory, shareDirectory } = ground.site;
  const { updated, kept } = await updateShipped(
    join(shareDirectory, TEMPLATES),
    join(configDirectory, TEMPLATES),
  );
  for (const name of kept)
    desk.complain(
      `Warning: templates/${name} was edited or removed here and is left so; the package has another one`,
    );
  if (updated.length > 0)
    await historyOf(desk, ground).commit(`Templates of the package ${VERSION}`, TEMPLATES);
};

/** `ngcpcfg commit "message"`: into the history, without putting anything into force. */
export const commitOn = async (
  desk: Desk,
  ground: ConfigGround,
  [message]: readonly string[],
): Promise<ExitName> => {
  if (message === undefined || message.trim() === "") {
    desk.complain("commit takes a message: ngcpcfg help commit");
    return "usage";
  }
  if (!(await hasHistory(desk, ground))) return "failed";
  const committed = await historyOf(desk, ground).commit(message);
  desk.say(committed ? `OK:   committed: ${message}` : "OK:   nothing to commit.");
  return "done";
};

/** `ngcpcfg diff`: what differs from the last commit. */
export const diffOn = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  if (!(await hasHistory(desk, ground))) return "failed";
  const text = await historyOf(desk, ground).diff();
  if (text !== "") desk.say(text);
  return "done";
};

/** `ngcpcfg log`: the newest commits. */
export const logOn = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  if (!(await hasHistory(desk, ground))) return "failed";
  desk.say(await historyOf(desk, ground).log(LOG_ENTRIES));
  return "done";
};

/** `ngcpcfg show [COMMIT]`: what one commit changed. */
export const showOn = async (
  desk: Desk,
  ground: ConfigGround,
  [commit = "HEAD"]: readonly string[],
): Promise<ExitName> => {
  if (!(await hasHistory(desk, ground))) return "failed";
  const history = historyOf(desk, ground);
  if (!(await history.has(commit))) {
    desk.complain(`Error: there is no commit ${commit}: ngcpcfg log lists the newest ones`);
    return "failed";
  }
  desk.say(await history.show(commit));
  return "done";
};

/** `ngcpcfg clean`: the files of /etc/ngcp-config as they were committed last; what they were is put aside. */
export const cleanOn = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  if (!(await hasHistory(desk, ground))) return "failed";
  const history = historyOf(desk, ground);
  const changes = await history.changes();
  if (changes.length === 0) {
    desk.say("OK:   nothing to clean.");
    return "done";
  }
  await history.putAside();
  for (const change of changes) desk.say(`Put aside: ${change}`);
  desk.say(`git -C ${ground.site.configDirectory} stash pop brings it back.`);
  return "done";
};

interface Finding {
  readonly title: string;
  /** What is not as it should be. */
  readonly lines: readonly string[];
  readonly fine: string;
  readonly todo: string;
}

const tell = (desk: Desk, { title, lines, fine, todo }: Finding): void => {
  desk.say(title);
  desk.say(lines.length === 0 ? `OK:   ${fine}` : `ACTION_NEEDED: ${todo}`);
  for (const line of lines) desk.say(`  ${line}`);
};

/** `ngcpcfg status`: what is not in force yet, and what to do about it. */
export const statusOn = async (desk: Desk, ground: ConfigGround): Promise<ExitName> => {
  const history = historyOf(desk, ground);
  desk.say("Checking state of ngcpcfg:");
  if (!(await history.isInitialised())) {
    desk.say("ACTION_NEEDED: not initialised: -> execute 'ngcpcfg initialise'");
    return "done";
  }
  desk.say(`OK:   has been initialised already, at ${await history.head()}`);
  tell(desk, {
    title: "Checking state of configuration files:",
    lines: await history.changes(),
    fine: "nothing is changed",
    todo: "configuration files have been modified: -> execute 'ngcpcfg apply \"message\"'",
  });
  tell(desk, { title: "Checking the branch:", ...(await branchFinding(history)) });
  await tellOfPlan(desk, ground);
  tell(desk, {
    title: "Checking state of services:",
    lines: await pendingServices(ground),
    fine: "all run with the present files",
    todo: "services run with older files: -> execute 'ngcpcfg apply'",
  });
  tell(desk, {
    title: "Checking state of the pair:",
    ...(await pairFinding(desk, ground)),
  });
  return "done";
};

const branchFinding = async (history: History): Promise<Omit<Finding, "title">> => {
  const branch = await history.branch();
  return {
    lines: branch === BRANCH ? [] : [branch ?? "no branch"],
    fine: `it is ${BRANCH}`,
    todo: `commits go to ${BRANCH} alone: -> execute 'git -C /etc/ngcp-config checkout ${BRANCH}'`,
  };
};

/** What the configuration says and is not so; one that cannot be read says what is wrong with it. */
const tellOfPlan = async (desk: Desk, ground: ConfigGround): Promise<void> => {
  try {
    await tellOfFiles(desk, ground);
  } catch (error) {
    if (!(error instanceof ApplianceError)) throw error;
    tell(desk, {
      title: "Checking what the configuration says:",
      lines: error.message.split("\n"),
      fine: "",
      todo: `${error.code}: it cannot be put into force: -> correct it, then execute 'ngcpcfg check'`,
    });
  }
};

const tellOfFiles = async (desk: Desk, ground: ConfigGround): Promise<void> => {
  const plan = await planSite({ ...ground.site, node: nodeNamed(desk.node) });
  const changes = await changesOf(plan.files, ground.site.root);
  tell(desk, {
    title: "Checking maintenance:",
    lines: plan.loaded.config.general.maintenance === "yes" ? ["general.maintenance: yes"] : [],
    fine: "nobody works on this node",
    todo: "somebody works on this node: -> when that is over, execute 'ngcpcfg set maintenance.yml general.maintenance=no'",
  });
  tell(desk, {
    title: "Checking state of generated files:",
    lines: changes.map(({ path }) => path),
    fine: "all are as the configuration says",
    todo: "files differ from what the configuration says: -> execute 'ngcpcfg apply'",
  });
};
