import { Argument, Command, Option } from "commander";
import { VERSION } from "../../appliance/version.ts";
import { ENGINES, type EngineName, type EnginePort, isEngine } from "../engines.ts";
import type { Registration } from "../engines.ts";
import { exitStatusHelp, type ExitName } from "../exit-status.ts";
import { table } from "../output/table.ts";
import type { Desk, Tool } from "../tool.ts";
import { peerLines, peerRows } from "./kamctl-peers.ts";
import { ENGINE_EXITS } from "./sercmd.ts";

interface Call {
  readonly desk: Desk;
  readonly engines: EnginePort;
  readonly engine: EngineName;
  /** What follows the command's own words. */
  readonly rest: readonly string[];
  readonly json: boolean;
}

interface KamctlCommand {
  readonly usage: string;
  readonly does: string;
  /** Which of the two knows it; both without. */
  readonly only?: EngineName;
  readonly run: (call: Call) => Promise<ExitName>;
}

const rpc = async (
  { desk, engines, engine, json }: Call,
  words: readonly string[],
): Promise<ExitName> => {
  if (json) desk.say(JSON.stringify(await engines.callForJson(engine, words), undefined, 2));
  else desk.say(await engines.call(engine, words));
  return "done";
};

/** A command that is one call, with what follows handed on. */
const passedTo =
  (...words: readonly string[]) =>
  (call: Call): Promise<ExitName> =>
    rpc(call, [...words, ...call.rest]);

const HEAD = ["Address", "Contact", "Received", "Expires in", "User agent"];

const rowOf = (found: Registration): readonly string[] => [
  found.address,
  found.contact,
  found.received === "" ? "-" : found.received,
  `${found.leftSeconds} s`,
  found.userAgent,
];

const showRegistrations = async ({ desk, engines, rest, json }: Call): Promise<ExitName> => {
  const [wanted] = rest;
  const all = await engines.registrations();
  const found = all.filter(
    ({ address }) => wanted === undefined || address === wanted || address.startsWith(`${wanted}@`),
  );
  if (json) desk.say(JSON.stringify(found, undefined, 2));
  else table([HEAD, ...found.map(rowOf)]).forEach(desk.say);
  return "done";
};

const showOnline = async ({ desk, engines, json }: Call): Promise<ExitName> => {
  const addresses = (await engines.registrations()).map(({ address }) => address);
  const online = [...new Set(addresses)];
  if (json) desk.say(JSON.stringify(online, undefined, 2));
  else online.forEach(desk.say);
  return "done";
};

const showPeers = async ({ desk, engines, json }: Call): Promise<ExitName> => {
  const lines = await peerLines(engines);
  if (json) desk.say(JSON.stringify(lines, undefined, 2));
  else table(peerRows(lines)).forEach(desk.say);
  return "done";
};

const removeRegistration = async (call: Call): Promise<ExitName> => {
  const [address, contact] = call.rest;
  if (address === undefined) {
    call.desk.complain("error: say whose: USER@DOMAIN, and one contact or none for all");
    return "usage";
  }
  const words =
    contact === undefined
      ? ["ul.rm", "location", address]
      : ["ul.rm_contact", "location", address, contact];
  return rpc(call, words);
};

/** By the words that they begin with, the longest first. */
const COMMANDS: Readonly<Record<string, KamctlCommand>> = {
  "ul show": {
    usage: "ul show [USER[@DOMAIN]]",
    does: "the registrations, of all or of one subscriber; on the standby node, too",
    only: "proxy",
    run: showRegistrations,
  },
  "ul rm": {
    usage: "ul rm USER@DOMAIN [CONTACT]",
    does: "takes registrations back",
    only: "proxy",
    run: removeRegistration,
  },
  online: {
    usage: "online",
    does: "who has a registration",
    only: "proxy",
    run: showOnline,
  },
  "dialog show": {
    usage: "dialog show",
    does: "the calls that are up",
    only: "proxy",
    run: passedTo("dlg.list"),
  },
  "peer show": {
    usage: "peer show",
    does: "the peer hosts, and which of those that are probed answer",
    only: "proxy",
    run: showPeers,
  },
  "dispatcher show": {
    usage: "dispatcher show",
    does: "the proxies behind the load-balancer, and which of them live",
    only: "lb",
    run: passedTo("dispatcher.list"),
  },
  "tls info": {
    usage: "tls info",
    does: "what TLS does",
    only: "lb",
    run: passedTo("tls.info"),
  },
  stats: {
    usage: "stats [GROUP:]",
    does: "counters, all or of one group",
    run: (call) =>
      rpc(call, ["stats.get_statistics", ...(call.rest.length === 0 ? ["all"] : call.rest)]),
  },
  uptime: { usage: "uptime", does: "since when it runs", run: passedTo("core.uptime") },
  ps: { usage: "ps", does: "its processes", run: passedTo("core.psx") },
  version: { usage: "version", does: "of Kamailio", run: passedTo("core.version") },
  rpc: { usage: "rpc METHOD [ARGUMENT...]", does: "any other function", run: passedTo() },
  fifo: { usage: "fifo METHOD [ARGUMENT...]", does: "the older name of rpc", run: passedTo() },
};

const commandsHelp = (): string =>
  [
    "",
    "Commands:",
    ...table(
      Object.values(COMMANDS).map(({ usage, does, only }) => [
        `  ${usage}`,
        only === undefined ? does : `${does} (${only})`,
      ]),
    ),
  ].join("\n");

const define = (): Command =>
  new Command("ngcp-kamctl")
    .description("shows and changes what the load-balancer or the proxy knows")
    .addOption(new Option("--json", "print the answer as JSON"))
    .addArgument(new Argument("<engine>", "which of the two").choices(ENGINES))
    .argument("<words...>", "command and arguments, see below")
    .passThroughOptions()
    .version(VERSION)
    .addHelpText("after", `${commandsHelp()}\n${exitStatusHelp(ENGINE_EXITS)}`);

const find = (words: readonly string[]): [KamctlCommand, readonly string[]] | undefined => {
  for (const length of [2, 1]) {
    const found = COMMANDS[words.slice(0, length).join(" ")];
    if (found !== undefined && words.length >= length) return [found, words.slice(length)];
  }
  return undefined;
};

/** Named as the tool that operators of this system know. */
export const kamctlOf = (engines: EnginePort): Tool => ({
  define,
  exits: ENGINE_EXITS,
  run: async (parsed, desk) => {
    const [engine, ...words] = parsed.args;
    const found = find(words);
    if (!isEngine(engine) || found === undefined) {
      desk.complain(`error: there is no command "${words.join(" ")}"; see --help`);
      return "usage";
    }
    const [command, rest] = found;
    if (command.only !== undefined && command.only !== engine) {
      desk.complain(
        `error: that is known to ${command.only}: ngcp-kamctl ${command.only} ${command.usage}`,
      );
      return "usage";
    }
    const { json = false } = parsed.opts<{ json?: boolean }>();
    return command.run({ desk, engines, engine, rest, json });
  },
});
