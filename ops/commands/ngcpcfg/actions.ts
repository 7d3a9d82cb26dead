import { VERSION } from "../../../appliance/version.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import { applyOn, servicesOn, type ApplyOptions } from "./apply.ts";
import { buildOn, checkOn, recoverOn } from "./build.ts";
import { editOn } from "./edit.ts";
import type { ConfigGround } from "./ground.ts";
import { cleanOn, commitOn, diffOn, initialiseOn, logOn, showOn, statusOn } from "./history.ts";
import { applyPairOn } from "./pair-apply.ts";
import { pullOn, pushOn, type PushOptions } from "./push.ts";
import type { ReferenceOptions } from "./reference.ts";
import { printReference } from "./reference.ts";
import { deleteValues, getValue, setValues } from "./values.ts";

export type Options = ReferenceOptions &
  ApplyOptions &
  PushOptions & { readonly pair?: true; readonly help?: true };

/** One call of ngcpcfg. */
export interface Call {
  readonly desk: Desk;
  readonly ground: ConfigGround;
  /** What follows the action. */
  readonly words: readonly string[];
  readonly options: Options;
  /** @param action the one to explain, or nothing for all */
  readonly printHelp: (action?: string) => ExitName;
}

/** One thing that ngcpcfg can do. */
export interface Action {
  /** For `ngcpcfg help`: what follows the name, and what it does. */
  readonly usage: string;
  readonly does: string;
  /** How many words may follow at most; at least those that `usage` has no brackets around. */
  readonly words?: number;
  /** What else than --debug and --help may be said with it. */
  readonly options?: readonly (keyof Options)[];
  /** False for what tells only what everybody may know. */
  readonly needsRoot: boolean;
  /** True for what changes something: then it works alone. */
  readonly changes?: true;
  readonly run: (call: Call) => ExitName | Promise<ExitName>;
}

const ANY_NUMBER = Infinity;
const EXCHANGE = ["dryRun", "replace", "restart"] as const;

/** By the names that operators type, in the order of the help text. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  check: {
    usage: "",
    does: "says all that is wrong with the configuration",
    needsRoot: true,
    run: ({ desk, ground }) => checkOn(desk, ground),
  },
  build: {
    usage: "[--dry-run]",
    does: "checks, and writes the files of the services that differ",
    options: ["dryRun"],
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, options }) => buildOn(desk, ground, { dryRun: options.dryRun === true }),
  },
  apply: {
    usage: "[MESSAGE] [--pair] [--dry-run] [--no-restart] [--replace]",
    does: "checks, builds, reloads or restarts the services whose files changed, commits with MESSAGE",
    words: 1,
    options: ["dryRun", "restart", "pair", "replace"],
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
    options: EXCHANGE,
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, options }) => pushOn(desk, ground, options),
  },
  pull: {
    usage: "[--dry-run] [--replace] [--no-restart]",
    does: "brings this node to the commit of the peer, and puts it into force here",
    options: EXCHANGE,
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, options }) => pullOn(desk, ground, options),
  },
  status: {
    usage: "[--json]",
    does: "says what is not in force yet",
    options: ["json"],
    needsRoot: true,
    run: ({ desk, ground, options }) => statusOn(desk, ground, { json: options.json === true }),
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
    words: 1,
    needsRoot: true,
    run: ({ desk, ground, words }) => editOn(desk, ground, words),
  },
  show: {
    usage: "[COMMIT]",
    does: "shows what a commit changed",
    words: 1,
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
    words: 1,
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
    words: 1,
    needsRoot: true,
    run: ({ desk, ground, words }) => getValue(desk, ground, words),
  },
  set: {
    usage: "[FILE] KEY=VALUE...",
    does: "changes values, all or none, where the configuration stays right with them",
    words: ANY_NUMBER,
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, words }) => setValues(desk, ground, words),
  },
  del: {
    usage: "[FILE] KEY...",
    does: "takes keys out of a file: the layer below holds again, or the default",
    words: ANY_NUMBER,
    needsRoot: true,
    changes: true,
    run: ({ desk, ground, words }) => deleteValues(desk, ground, words),
  },
  reference: {
    usage: "[WORD] [--json] [--schema]",
    does: "prints every key, or those with WORD in their name: meaning, what is allowed, default",
    words: 1,
    options: ["json", "schema"],
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
    usage: "[ACTION]",
    does: "prints this text, or what one action does",
    words: 1,
    needsRoot: false,
    run: ({ words, printHelp }) => printHelp(words[0]),
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
