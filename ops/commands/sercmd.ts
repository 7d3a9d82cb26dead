import { Argument, Command, Option } from "commander";
import { VERSION } from "../../appliance/version.ts";
import { ENGINES, type EnginePort, isEngine } from "../engines.ts";
import { exitStatusHelp, type ExitMeanings } from "../exit-status.ts";
import type { Tool } from "../tool.ts";

export const ENGINE_EXITS: ExitMeanings = {
  done: "done",
  failed: "it does not run on this node, or refused the call; the reason is on standard error",
  usage: "wrong usage",
};

const EVERY_METHOD = "system.listMethods";

const define = (name: string) => (): Command =>
  new Command(name)
    .description("calls a function of the load-balancer or of the proxy")
    .addOption(new Option("--json", "print the answer as JSON"))
    .addArgument(new Argument("<engine>", "which of the two").choices(ENGINES))
    .argument("[words...]", "method and arguments; the methods are listed without any")
    .passThroughOptions()
    .version(VERSION)
    .addHelpText("after", exitStatusHelp(ENGINE_EXITS));

/**
 * The engine's own kamcmd, with the control socket filled in.
 *
 * @param name ngcp-sercmd, or ngcp-kamcmd as it is called now
 */
export const sercmdOf =
  (name: "ngcp-sercmd" | "ngcp-kamcmd") =>
  (engines: EnginePort): Tool => ({
    define: define(name),
    exits: ENGINE_EXITS,
    run: async (parsed, desk) => {
      const [engine, ...words] = parsed.args;
      if (!isEngine(engine)) return "usage";
      const asked = words.length === 0 ? [EVERY_METHOD] : words;
      const { json = false } = parsed.opts<{ json?: boolean }>();
      if (json) desk.say(JSON.stringify(await engines.callForJson(engine, asked), undefined, 2));
      else desk.say(await engines.call(engine, asked));
      return "done";
    },
  });
