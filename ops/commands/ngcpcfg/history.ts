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
  /** Its name in --json. */
  readonly check:
    | "initialised"
    | "configuration_files"
    | "branch"
    | "configuration"
    | "maintenance"
    | "generated_files"
    | "services"
    | "pair";
  readonly title: string;
  /** What is not as it should be. */
  readonly lines: readonly string[];
  readonly fine: string;
  readonly todo: string;
  /** Lines are what is not as it should be, unless this says that it is not without any. */
  readonly isFine?: boolean;
}

const isFine = (finding: Finding): boolean => finding.isFine ?? finding.lines.length === 0;

const tell = (desk: Desk, finding: Finding): void => {
  desk.say(finding.title);
  desk.say(isFine(finding) ? `OK:   ${finding.fine}` : `ACTION_NEEDED: ${finding.todo}`);
  for (const line of finding.lines) desk.say(`  ${line}`);
};

/** For programs: `[{check, ok, says, lines}]`. */
const asJson = (findings: readonly Finding[]): string =>
  JSON.stringify(
    findings.map((finding) => ({
      check: finding.check,
      ok: isFine(finding),
      says: isFine(finding) ? finding.fine : finding.todo,
      lines: finding.lines,
    })),
    null,
    2,
  );

/** `ngcpcfg status`: what is not in force yet, and what to do about it; what takes long comes when it is known. */
export const statusOn = async (
  desk: Desk,
  ground: ConfigGround,
  { json }: { readonly json: boolean },
): Promise<ExitName> => {
  const findings: Finding[] = [];
  for await (const finding of findingsOf(desk, ground)) {
    findings.push(finding);
    if (!json) tell(desk, finding);
  }
  if (json) desk.say(asJson(findings));
  return "done";
};

async function* findingsOf(desk: Desk, ground: ConfigGround): AsyncGenerator<Finding> {
  const history = historyOf(desk, ground);
  const initialised = await history.isInitialised();
  yield {
    check: "initialised",
    title: "Checking state of ngcpcfg:",
    lines: [],
    fine: initialised ? `has been initialised already, at ${await history.head()}` : "",
    todo: "not initialised: -> execute 'ngcpcfg initialise'",
    isFine: initialised,
  };
  if (!initialised) return;
  yield {
    check: "configuration_files",
    title: "Checking state of configuration files:",
    lines: await history.changes(),
    fine: "nothing is changed",
    todo: "configuration files have been modified: -> execute 'ngcpcfg apply \"message\"'",
  };
  yield await branchFinding(history);
  yield* await planFindings(desk, ground);
  yield {
    check: "services",
    title: "Checking state of services:",
    lines: await pendingServices(ground),
    fine: "all run with the present files",
    todo: "services run with older files: -> execute 'ngcpcfg apply'",
  };
  yield {
    check: "pair",
    title: "Checking state of the pair:",
    ...(await pairFinding(desk, ground)),
  };
}

const branchFinding = async (history: History): Promise<Finding> => {
  const branch = await history.branch();
  return {
    check: "branch",
    title: "Checking the branch:",
    lines: branch === BRANCH ? [] : [branch ?? "no branch"],
    fine: `it is ${BRANCH}`,
    todo: `commits go to ${BRANCH} alone: -> execute 'git -C /etc/ngcp-config checkout ${BRANCH}'`,
  };
};

/** What the configuration says and is not so; one that cannot be read says what is wrong with it. */
const planFindings = async (desk: Desk, ground: ConfigGround): Promise<readonly Finding[]> => {
  try {
    return await fileFindings(desk, ground);
  } catch (error) {
    if (!(error instanceof ApplianceError)) throw error;
    return [
      {
        check: "configuration",
        title: "Checking what the configuration says:",
        lines: error.message.split("\n"),
        fine: "",
        todo: `${error.code}: it cannot be put into force: -> correct it, then execute 'ngcpcfg check'`,
      },
    ];
  }
};

const fileFindings = async (desk: Desk, ground: ConfigGround): Promise<readonly Finding[]> => {
  const plan = await planSite({ ...ground.site, node: nodeNamed(desk.node) });
  const changes = await changesOf(plan.files, ground.site.root);
  return [
    {
      check: "maintenance",
      title: "Checking maintenance:",
      lines: plan.loaded.config.general.maintenance === "yes" ? ["general.maintenance: yes"] : [],
      fine: "nobody works on this node",
      todo: "somebody works on this node: -> when that is over, execute 'ngcpcfg set maintenance.yml general.maintenance=no'",
    },
    {
      check: "generated_files",
      title: "Checking state of generated files:",
      lines: changes.map(({ path }) => path),
      fine: "all are as the configuration says",
      todo: "files differ from what the configuration says: -> execute 'ngcpcfg apply'",
    },
  ];
};
