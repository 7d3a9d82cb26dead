import { Argument, Command } from "commander";
import { nearestName } from "../../../appliance/config/issues.ts";
import { VERSION } from "../../../appliance/version.ts";
import { exitStatusHelp, type ExitName } from "../../exit-status.ts";
import type { Desk, Tool } from "../../tool.ts";
import { ACTIONS, type Action, type Call, type Options } from "./actions.ts";
import { telling, type ConfigGround } from "./ground.ts";
import { kept } from "./keeping.ts";
import { alone } from "./lock.ts";

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
    .option("--json", "with reference and status: as JSON")
    .option("--schema", "with reference: config.yml as a JSON Schema, for editors")
    .option("--debug", "say where in the program an error comes from")
    .version(VERSION)
    .helpOption(false)
    .option("-h, --help", "print this text, or what the action does")
    .addHelpText("after", actionLines())
    .addHelpText("after", exitStatusHelp(EXITS));

/** What `--help` and the man page are made of; it needs no machine. */
export const ngcpcfgDefinition = { define, exits: EXITS };

/** What changes something works alone, and once it has begun no signal stops it half-way. */
const changing = (action: Action, call: Call): Promise<ExitName> =>
  kept(call.desk, call.ground, async (desk) => {
    const interrupted = desk.onInterrupt();
    const end = await alone(call.ground.runtimeDirectory, async () =>
      action.run({ ...call, desk }),
    );
    if (interrupted.aborted)
      telling(desk).complain("Warning: a signal came in between; all was brought to its end");
    return end;
  });

const isKnown = (name: string): boolean => Object.hasOwn(ACTIONS, name);
const actionNamed = (name: string): Action | undefined =>
  isKnown(name) ? ACTIONS[name] : undefined;

const helpOn =
  (parsed: Command, desk: Desk) =>
  (name?: string): ExitName => {
    const action = name === undefined ? undefined : actionNamed(name);
    if (name === undefined) parsed.outputHelp();
    else if (action === undefined) return unknown(parsed, desk, name);
    else desk.say(`Usage: ngcpcfg ${name} ${action.usage}`.trimEnd() + `\n\n${action.does}`);
    return "done";
  };

/** The last line is the one that is seen: the usage is longer than a terminal. */
const unknown = (parsed: Command, desk: Desk, name: string): ExitName => {
  parsed.outputHelp({ error: true });
  const nearest = nearestName(name, Object.keys(ACTIONS));
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  desk.complain(name === "" ? "say what to do" : `${name} is no action of ngcpcfg${hint}`);
  return "failed";
};

/** How many words must follow: those without brackets around them. */
const leastWords = ({ usage }: Action): number =>
  usage.split(" ").filter((word) => word !== "" && !word.startsWith("[")).length;

/** What is said that the action does not take: it would be done all the same, and not as it was meant. */
const misuse = (parsed: Command, action: Action, words: readonly string[]): string | undefined => {
  const stray = parsed.options.find(
    (option) =>
      parsed.getOptionValueSource(option.attributeName()) === "cli" &&
      !["debug", ...(action.options ?? [])].includes(option.attributeName()),
  );
  if (stray !== undefined) return `${stray.long ?? ""} has no meaning here`;
  const extra = words[action.words ?? 0];
  if (extra !== undefined)
    return `${extra} is one word too many${action.usage.includes("MESSAGE") ? ": put the message into quotes" : ""}`;
  return words.length < leastWords(action) ? "something is missing" : undefined;
};

export const ngcpcfgOn = (ground: ConfigGround): Tool => ({
  ...ngcpcfgDefinition,
  outlivesReader: true,
  run: async (parsed, desk) => {
    const [name = "", ...words] = parsed.args;
    const options = parsed.opts<Options>();
    const printHelp = helpOn(parsed, desk);
    if (options.help === true) return printHelp(parsed.args[0]);
    const action = actionNamed(name);
    if (action === undefined) return unknown(parsed, desk, name);
    const problem = misuse(parsed, action, words);
    if (problem !== undefined) {
      desk.complain(`${problem}; usage: ngcpcfg ${`${name} ${action.usage}`.trimEnd()}`);
      return "usage";
    }
    if (action.needsRoot && !ground.isRoot) {
      desk.complain("Error: ngcpcfg requires root permissions. Exiting.");
      return "failed";
    }
    const call = { desk, ground, words, options, printHelp };
    return action.changes === true ? changing(action, call) : action.run(call);
  },
});
