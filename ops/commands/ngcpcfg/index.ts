import { Argument, Command } from "commander";
import { ApplianceError } from "../../../appliance/errors.ts";
import { VERSION } from "../../../appliance/version.ts";
import { exitStatusHelp, type ExitName } from "../../exit-status.ts";
import type { Desk, Tool } from "../../tool.ts";
import { applyOn, servicesOn, type ApplyOptions } from "./apply.ts";
import { buildOn, checkOn, recoverOn } from "./build.ts";
import { editOn } from "./edit.ts";
import type { ConfigGround } from "./ground.ts";
import { cleanOn, commitOn, diffOn, initialiseOn, logOn, showOn, statusOn } from "./history.ts";
import { keepingDesk } from "./keeping.ts";
import { alone } from "./lock.ts";
import { applyPairOn } from "./pair-apply.ts";
import { pullOn, pushOn, type PushOptions } from "./push.ts";
import type { ReferenceOptions } from "./reference.ts";
import { printReference } from "./reference.ts";
import { deleteValues, getValue, setValues } from "./values.ts";

type Options = ReferenceOptions & ApplyOptions & PushOptions & { readonly pair?: true };

interface Call {
  readonly desk: Desk;
  readonly ground: ConfigGround;
  /** What follows the action. */
  readonly words: readonly string[];
  readonly options: Options;
  readonly printHelp: () => void;
}

interface Action {
  /** For `ngcpcfg help`: what follows the name, and what it does. */
  readonly usage: string;
  readonly does: string;
  /** False for what tells only what everybody may know. */
  readonly needsRoot: boolean;
  /** True for what changes something: then it works alone. */
  readonly changes?: true;
  readonly run: (call: Call) => ExitName | Promise<ExitName>;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  check: {
    usage: "",
    does: "says all that is wrong with the configuration",
    needsRoot: true,
    run: ({ desk, ground }) => checkOn(desk, ground),
  },
  build: {
    usage: "[--dry-run]",
    does: "checks, and writes the files of the services that differ",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, options }) => buildOn(desk, ground, options.dryRun === true),
  },
  apply: {
    usage: "[MESSAGE] [--pair] [--dry-run] [--no-restart]",
    does: "checks, builds, reloads or restarts the services whose files changed, commits with MESSAGE",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, words, options }) =>
      options.pair === true
        ? applyPairOn(desk, ground, words, options)
        : applyOn(desk, ground, words, options),
  },
  push: {
    usage: "[--dry-run] [--replace] [--no-restart]",
    does: "brings the peer to the commit of this node, and puts it into force there",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, options }) => pushOn(desk, ground, options),
  },
  pull: {
    usage: "[--dry-run] [--replace] [--no-restart]",
    does: "brings this node to the commit of the peer, and puts it into force here",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, options }) => pullOn(desk, ground, options),
  },
  status: {
    usage: "",
    does: "says what is not in force yet",
    needsRoot: true,
    run: ({ desk, ground }) => statusOn(desk, ground),
  },
  services: {
    usage: "",
    does: "restarts the services that run with older files",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground }) => servicesOn(desk, ground),
  },
  edit: {
    usage: "[FILE]",
    does: "opens config.yml, or FILE, in an editor; what would be wrong is not taken",
    needsRoot: true,
    run: ({ desk, ground, words }) => editOn(desk, ground, words),
  },
  show: {
    usage: "[COMMIT]",
    does: "shows what a commit changed",
    needsRoot: true,
    run: ({ desk, ground, words }) => showOn(desk, ground, words),
  },
  initialise: {
    usage: "",
    does: "begins the history of the configuration",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground }) => initialiseOn(desk, ground),
  },
  commit: {
    usage: "MESSAGE",
    does: "commits what was changed, without putting it into force",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, words }) => commitOn(desk, ground, words),
  },
  diff: {
    usage: "",
    does: "shows what differs from the last commit",
    needsRoot: true,
    run: ({ desk, ground }) => diffOn(desk, ground),
  },
  log: {
    usage: "",
    does: "shows the newest commits",
    needsRoot: true,
    run: ({ desk, ground }) => logOn(desk, ground),
  },
  clean: {
    usage: "",
    does: "brings the configuration back to the last commit",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground }) => cleanOn(desk, ground),
  },
  get: {
    usage: "KEY",
    does: "prints the value that is in force",
    needsRoot: true,
    run: ({ desk, ground, words }) => getValue(desk, ground, words),
  },
  set: {
    usage: "[FILE] KEY=VALUE...",
    does: "changes values, all or none, where the configuration stays right with them",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, words }) => setValues(desk, ground, words),
  },
  del: {
    usage: "[FILE] KEY...",
    does: "takes keys out of a file: the layer below holds again, or the default",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, words }) => deleteValues(desk, ground, words),
  },
  reference: {
    usage: "[WORD] [--json] [--schema]",
    does: "prints every key, or those with WORD in their name: meaning, what is allowed, default",
    needsRoot: false,
    run: ({ desk, words, options }) => printReference(desk, words, options),
  },
  recover: {
    usage: "",
    does: "finishes an installation of files that a power cut interrupted; run at boot",
    needsRoot: true,
    changes: true,
    run: ({ desk, ground }) => recoverOn(desk, ground),
  },
  help: {
    usage: "",
    does: "prints this text",
    needsRoot: false,
    run: ({ printHelp }) => {
      printHelp();
      return "done";
    },
  },
  version: {
    usage: "",
    does: "prints the version of this package",
    needsRoot: false,
    run: ({ desk }) => {
      desk.say(VERSION);
      return "done";
    },
  },
};

const EXITS = {
  done: "done, or nothing to do",
  failed: "it was not done; the reason is on standard error, and what was begun is back as it was",
  usage: "wrong usage",
  refused: "refused, because of what a node would lose or is; nothing was changed",
  unreachable: "the peer does not answer over the crosslink",
};

const actionLines = (): string => {
  const calls = Object.entries(ACTIONS).map(
    ([name, { usage, does }]) => [`${name} ${usage}`.trimEnd(), does] as const,
  );
  const width = Math.max(...calls.map(([call]) => call.length));
  return ["", "Actions:", ...calls.map(([call, does]) => `  ${call.padEnd(width)}  ${does}`)].join(
    "\n",
  );
};

const define = (): Command =>
  new Command("ngcpcfg")
    .description(
      "checks and changes the configuration of this node, and writes what follows from it",
    )
    .addArgument(new Argument("[action]", "what to do, one of those below"))
    .addArgument(new Argument("[words...]", "what the action takes"))
    .option(
      "--dry-run",
      "with build, apply, push and pull: say what would change, and change nothing",
    )
    .option(
      "--no-restart",
      "with apply, push and pull: leave the services with their old files for now",
    )
    .option("--pair", "with apply: on both nodes, the standby first, or on neither")
    .option(
      "--replace",
      "with push, pull and apply --pair: also when the receiver has commits or changes of its own, which it keeps aside",
    )
    .option("--json", "with reference: as JSON")
    .option("--schema", "with reference: config.yml as a JSON Schema, for editors")
    .version(VERSION)
    .addHelpText("after", actionLines())
    .addHelpText("after", exitStatusHelp(EXITS));

/** What `--help` and the man page are made of; it needs no machine. */
export const ngcpcfgDefinition = { define, exits: EXITS };

/** What changes something works alone, and its lines are kept in the log of the node. */
const changing = async (action: Action, call: Call): Promise<ExitName> => {
  const log = call.ground.openSyslog();
  const desk = keepingDesk(call.desk, log);
  try {
    return await alone(call.ground.runtimeDirectory, async () => action.run({ ...call, desk }));
  } catch (error) {
    if (error instanceof ApplianceError) log.write(`<3>${error.code}: ${error.message}`);
    throw error;
  } finally {
    await log.end();
  }
};

export const ngcpcfgOn = (ground: ConfigGround): Tool => ({
  ...ngcpcfgDefinition,
  run: async (parsed, desk) => {
    const [name = "", ...words] = parsed.args;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) {
      parsed.outputHelp({ error: true });
      return "failed";
    }
    if (action.needsRoot && !ground.isRoot) {
      desk.complain("Error: ngcpcfg requires root permissions. Exiting.");
      return "failed";
    }
    const printHelp = (): void => parsed.outputHelp();
    const call = { desk, ground, words, options: parsed.opts<Options>(), printHelp };
    return action.changes === true ? changing(action, call) : action.run(call);
  },
});
