import { Argument, Command } from "commander";
import {
  expectRevision,
  expectWritable,
  type Database,
} from "../../../appliance/database/client.ts";
import { NotWritableError } from "../../../appliance/database/errors.ts";
import type { Kind } from "../../../appliance/database/provisioning/model.ts";
import { VERSION } from "../../../appliance/version.ts";
import { exitStatusHelp, type ExitName } from "../../exit-status.ts";
import type { Desk, Tool } from "../../tool.ts";
import { applyFile, type ApplyOptions } from "./apply.ts";
import { payIn, showBalance, type BalanceOptions } from "./balance.ts";
import { deleteEntry, putEntry, type Entry } from "./entries.ts";
import { KIND_NAMES, kindOf, NEEDED_REVISION, type ProvisionGround } from "./ground.ts";
import { exportAll, showEntries, showPreferences, type ShowOptions } from "./show.ts";

type Options = ApplyOptions & ShowOptions & BalanceOptions;

interface Call {
  readonly desk: Desk;
  readonly ground: ProvisionGround;
  readonly database: Database;
  /** What follows the action. */
  readonly words: readonly string[];
  readonly options: Options;
}

interface Action {
  readonly usage: string;
  readonly does: string;
  /** True for what is for the active node alone. */
  readonly writes: boolean;
  /** `undefined`: the words are not what the action takes. */
  readonly run: (call: Call) => Promise<ExitName> | undefined;
}

const KINDS_TEXT = Object.keys(KIND_NAMES).join(", ");

const entryOf = ({ words, options }: Call): Entry | undefined => {
  const [word = "", name, ...rest] = words;
  const kind = kindOf(word);
  return kind === undefined || name === undefined
    ? undefined
    : { kind, name, words: rest, options };
};

const show = ({ desk, database, words, options }: Call): Promise<ExitName> | undefined => {
  const [word = "", name] = words;
  if (word === "preference" || word === "preferences")
    return showPreferences(desk, database, options);
  const kind: Kind | undefined = kindOf(word);
  return kind && showEntries(desk, database, { kind, name, options });
};

const onEntry =
  (work: (call: Call, entry: Entry) => Promise<ExitName>) =>
  (call: Call): Promise<ExitName> | undefined => {
    const entry = entryOf(call);
    return entry && work(call, entry);
  };

const ACTIONS: Readonly<Record<string, Action>> = {
  show: {
    usage: "KIND [NAME]",
    does: "lists all of a kind, or prints one of them whole",
    writes: false,
    run: show,
  },
  create: {
    usage: "KIND NAME [KEY=VALUE...]",
    does: "creates one, with these values",
    writes: true,
    run: onEntry(({ desk, database }, entry) => putEntry(desk, database, entry, "create")),
  },
  change: {
    usage: "KIND NAME KEY=VALUE...",
    does: "changes these values; KEY= takes one away",
    writes: true,
    run: onEntry(({ desk, database }, entry) => putEntry(desk, database, entry, "change")),
  },
  delete: {
    usage: "KIND NAME",
    does: "deletes one, with all that belongs to it",
    writes: true,
    run: onEntry(({ desk, database }, entry) => deleteEntry(desk, database, entry)),
  },
  balance: {
    usage: "CUSTOMER",
    does: "prints what a customer has, and what of it calls have set aside",
    writes: false,
    run: ({ desk, database, words: [customer], options }) =>
      customer === undefined ? undefined : showBalance(desk, database, customer, options),
  },
  "top-up": {
    usage: "CUSTOMER CENTS [--reference WORD]",
    does: "pays in for prepaid calls; what has a reference is counted once",
    writes: true,
    run: ({ desk, database, words: [customer, amount], options }) =>
      customer === undefined || amount === undefined
        ? undefined
        : payIn(desk, database, [customer, amount], options),
  },
  apply: {
    usage: "FILE [--dry-run] [--prune]",
    does: "brings everything that FILE names to what it declares, all or nothing",
    writes: true,
    run: ({ desk, database, ground, words: [file], options }) =>
      file === undefined ? undefined : applyFile(desk, database, { ground, file, options }),
  },
  export: {
    usage: "[--with-passwords]",
    does: "prints what is provisioned as a file for apply",
    writes: false,
    run: ({ desk, database, options }) => exportAll(desk, database, options),
  },
};

const EXITS = {
  done: "done, or nothing to do",
  failed: "it was not done; the reason is on standard error, and nothing was changed",
  usage: "wrong usage",
  refused: "this node is not the active one; nothing was changed",
};

const actionLines = (): string => {
  const calls = Object.entries(ACTIONS).map(
    ([name, { usage, does }]) => [`${name} ${usage}`, does] as const,
  );
  const width = Math.max(...calls.map(([call]) => call.length));
  const lines = calls.map(([call, does]) => `  ${call.padEnd(width)}  ${does}`);
  return [
    "",
    "Actions:",
    ...lines,
    "",
    `KIND is one of ${KINDS_TEXT}; with show also preference.`,
  ].join("\n");
};

const define = (): Command =>
  new Command("ngcp-provision")
    .description("shows and changes who may use the service, and how their calls are treated")
    .addArgument(new Argument("[action]", "what to do, one of those below"))
    .addArgument(new Argument("[words...]", "what the action takes"))
    .option("--dry-run", "say what would change, and change nothing")
    .option("--prune", "with apply: delete what is missing in a section that FILE has")
    .option("--with-passwords", "with show and export: HA1 and passwords for peers, too")
    .option("--reference <word>", "with top-up: what tells this payment from others")
    .option("--json", "print everything as JSON")
    .version(VERSION)
    .addHelpText("after", actionLines())
    .addHelpText("after", exitStatusHelp(EXITS));

/** What `--help` and the man page are made of; it needs no machine. */
export const provisionDefinition = { define, exits: EXITS };

const perform = async (action: Action, call: Call, node: string): Promise<ExitName | undefined> => {
  try {
    if (action.writes) await expectWritable(call.database, node);
    await expectRevision(call.database, NEEDED_REVISION);
    return await action.run(call);
  } catch (error) {
    if (!(error instanceof NotWritableError)) throw error;
    call.desk.complain(`${error.code}: ${error.message}`);
    return "refused";
  } finally {
    await call.database.end();
  }
};

export const provisionOn = (ground: ProvisionGround): Tool => ({
  ...provisionDefinition,
  run: async (parsed, desk) => {
    const [name = "", ...words] = parsed.args;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    const usage = (): ExitName => {
      parsed.outputHelp({ error: true });
      return "usage";
    };
    if (action === undefined) return usage();
    if (!ground.isRoot) {
      desk.complain("Error: ngcp-provision requires root permissions.");
      return "failed";
    }
    const database = await ground.connect();
    const call = { desk, ground, database, words, options: parsed.opts<Options>() };
    return (await perform(action, call, desk.node)) ?? usage();
  },
});
