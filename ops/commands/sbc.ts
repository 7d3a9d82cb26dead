import { Argument, Command, Option } from "commander";
import type {
  Answers,
  CallLine,
  ControlOrder,
  RegistrationLine,
  Stats,
} from "../../components/sbc/control/contract.ts";
import { SbcSilentError } from "../../components/sbc/control/client.ts";
import { VERSION } from "../../appliance/version.ts";
import { exitStatusHelp } from "../exit-status.ts";
import type { ExitMeanings, ExitName } from "../exit-status.ts";
import { table, titled } from "../output/table.ts";
import type { Desk, Tool } from "../tool.ts";

/** Asks the sbc of this node. @throws {SbcSilentError} and what the sbc refuses */
export type AskSbc = <Order extends ControlOrder>(
  order: Order,
) => Promise<Answers[Order["command"]]>;

const EXITS: ExitMeanings = {
  done: "done",
  failed: "it failed; the reason is on standard error",
  usage: "wrong usage",
  unreachable: "the sbc does not answer: it runs on the active node only",
};

const ACTIONS = [
  "",
  "Actions:",
  "  calls          lists the calls that it carries",
  "  show CALL      shows the record of a call, as Redis has it",
  "  kill CALL      ends a call: BYE to both legs, or the end of its INVITE",
  "  registrations  lists the accounts with peers and how far their registrations are",
  "  stats          shows what it carries and what it has counted since it started",
  "  reload         reads its settings anew; they hold for calls that begin from then on",
].join("\n");

const define = (): Command =>
  new Command("ngcp-sbc")
    .description("shows and ends the calls of the B2BUA, and shows its registrations")
    .addArgument(new Argument("[action]", "what to do, one of those below"))
    .addArgument(new Argument("[call]", "with show and kill: the id of the call"))
    .addOption(new Option("--json", "print JSON"))
    .version(VERSION)
    .addHelpText("after", ACTIONS)
    .addHelpText("after", exitStatusHelp(EXITS));

interface Given {
  readonly ask: AskSbc;
  readonly desk: Desk;
  readonly json: boolean;
  readonly call: string;
}

const print = ({ desk, json }: Given, result: unknown, lines: readonly string[]): void => {
  if (json) desk.say(JSON.stringify(result, undefined, 2));
  else lines.forEach(desk.say);
};

const allCalls = async (ask: AskSbc): Promise<readonly CallLine[]> => {
  const calls: CallLine[] = [];
  let after: string | undefined;
  do {
    const page = await ask({ command: "calls", after });
    calls.push(...page.calls);
    after = page.next;
  } while (after !== undefined);
  return calls;
};

const calls = async (given: Given): Promise<void> => {
  const found = await allCalls(given.ask);
  const rows = found.map(({ id, phase, caller, callee, createdAt }) => [
    id,
    phase,
    `${Math.max(0, Math.round((given.desk.now() - createdAt) / 1_000))} s`,
    caller,
    callee,
  ]);
  print(given, found, table([["call", "phase", "age", "caller", "callee"], ...rows]));
};

const show = async (given: Given): Promise<void> => {
  const record = await given.ask({ command: "show", call: given.call });
  print(given, record, JSON.stringify(record, undefined, 2).split("\n"));
};

const kill = async (given: Given): Promise<void> => {
  const result = await given.ask({ command: "kill", call: given.call });
  print(given, result, [`${result.call} is ended`]);
};

const allRegistrations = async (ask: AskSbc): Promise<readonly RegistrationLine[]> => {
  const lines: RegistrationLine[] = [];
  let skip: number | undefined;
  do {
    const page = await ask({ command: "registrations", skip });
    lines.push(...page.registrations);
    skip = page.next;
  } while (skip !== undefined);
  return lines;
};

const registrations = async (given: Given): Promise<void> => {
  const found = await allRegistrations(given.ask);
  const inSeconds = (at: number | undefined): string =>
    at === undefined ? "" : `${Math.max(0, Math.round((at - given.desk.now()) / 1_000))} s`;
  const rows = found.map(
    ({ subscriber, username, registrar, state, expiresAt, nextAt, reason = "" }) => [
      ...[subscriber, `${username}@${registrar}`, state],
      ...[state === "registered" ? inSeconds(expiresAt) : "", inSeconds(nextAt), reason],
    ],
  );
  const head = ["subscriber", "account", "state", "expires in", "next in", "reason"];
  print(given, found, table([head, ...rows]));
};

const countsOf = (counts: Readonly<Record<string, number>>): string => {
  const words = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return words.length === 0 ? "" : `: ${words.join(", ")}`;
};

const MB = 1_048_576;

const statsLines = (stats: Stats): readonly string[] =>
  (
    [
      ["calls", `${stats.calls}${countsOf(stats.phases)}`],
      ["transactions", String(stats.transactions)],
      ["since", `${new Date(stats.startedAt).toISOString()}, generation ${stats.generation}`],
      ["taken over", String(stats.takenOver)],
      ["received", `${stats.received}, ${stats.answered} answered, ${stats.failed} failed`],
      ["ended here", countsOf(stats.endedHere).replace(/^: /, "") || "none"],
      ["malformed", String(stats.malformed)],
      ["memory", `${Math.round(stats.rssBytes / MB)} MB`],
    ] as const
  ).flatMap(([title, line]) => titled(title, 14, [line]));

const stats = async (given: Given): Promise<void> => {
  const result = await given.ask({ command: "stats" });
  print(given, result, statsLines(result));
};

const reload = async (given: Given): Promise<void> => {
  const result = await given.ask({ command: "reload" });
  print(given, result, [`${result.file} is in force`]);
};

type Work = (given: Given) => Promise<void>;
const WORKS: Readonly<Record<string, Work>> = {
  calls,
  show,
  kill,
  registrations,
  stats,
  reload,
};
const OF_ONE_CALL = new Set(["show", "kill"]);

const run = async (parsed: Command, desk: Desk, ask: AskSbc): Promise<ExitName> => {
  const [name = "", call = ""] = parsed.args;
  const work = Object.hasOwn(WORKS, name) ? WORKS[name] : undefined;
  if (work === undefined || OF_ONE_CALL.has(name) !== (call !== "")) {
    parsed.outputHelp({ error: true });
    return "usage";
  }
  try {
    await work({ ask, desk, call, json: parsed.opts<{ json?: boolean }>().json === true });
    return "done";
  } catch (error) {
    if (!(error instanceof SbcSilentError)) throw error;
    desk.complain(`${error.code}: ${error.message}`);
    return "unreachable";
  }
};

/** What `--help` and the man page are made of; it needs no machine. */
export const sbcDefinition = { define, exits: EXITS };

export const sbcOn = (ask: AskSbc): Tool => ({
  ...sbcDefinition,
  run: (parsed, desk) => run(parsed, desk, ask),
});
