import { setTimeout as pause } from "node:timers/promises";
import { Command, Option } from "commander";
import type { ApplianceError } from "../../appliance/errors.ts";
import { isSilence } from "../silence.ts";
import { exitStatusHelp, type ExitName, USUAL_EXITS } from "../exit-status.ts";
import { bannerLines } from "../output/banner.ts";
import { statusLines } from "../output/status.ts";
import type { Desk, Tool } from "../tool.ts";
import { VERSION } from "../../appliance/version.ts";
import { summaryWithoutDaemon } from "./without-daemon.ts";

interface Options {
  readonly json?: boolean;
  readonly banner?: boolean;
  readonly watch?: boolean;
}

interface Shape {
  readonly json: boolean;
  readonly banner: boolean;
}

const WATCH_EVERY_MS = 1_000;
const CLEAR_SCREEN = "\u001B[H\u001B[2J";

const EXITS = { ...USUAL_EXITS, done: "the daemon answered, whatever the status is" };

const define = (): Command =>
  new Command("ngcp-status")
    .description("shows what this node and its peer are, why, and what needs a hand")
    .addOption(new Option("--json", "print everything as JSON"))
    .addOption(
      new Option("--banner", "print the lines of the login banner").conflicts(["json", "watch"]),
    )
    .addOption(new Option("--watch", "show it again every second until Ctrl-C").conflicts("json"))
    .version(VERSION)
    .addHelpText("after", exitStatusHelp(EXITS));

export const status: Tool = {
  define,
  exits: EXITS,
  run: async (parsed, desk) => {
    const options = parsed.opts<Options>();
    if (options.watch !== true) return show(desk, options);
    const interrupted = desk.onInterrupt();
    let last: ExitName = "done";
    while (!interrupted.aborted) {
      desk.say(CLEAR_SCREEN);
      last = await show(desk, options);
      await pause(WATCH_EVERY_MS, undefined, { signal: interrupted }).catch(() => undefined);
    }
    return last;
  },
};

const show = async (desk: Desk, { json = false, banner = false }: Options): Promise<ExitName> => {
  try {
    const answer = await desk.control.status();
    if (json) desk.say(JSON.stringify(answer, undefined, 2));
    else (banner ? bannerLines : statusLines)(answer, desk.now()).forEach(desk.say);
    return "done";
  } catch (error) {
    if (!isSilence(error)) throw error;
    await showWithoutDaemon(desk, error, { json, banner });
    return "unreachable";
  }
};

const showWithoutDaemon = async (
  desk: Desk,
  error: ApplianceError,
  { json, banner }: Shape,
): Promise<void> => {
  if (banner) {
    desk.say(`${desk.node}: nobody knows whether this node is active, ngcp-ha does not answer.`);
    return;
  }
  const components = await summaryWithoutDaemon(desk);
  if (json) {
    const { code, message } = error;
    desk.say(
      JSON.stringify(
        { node: desk.node, role: null, code, sentence: message, components },
        undefined,
        2,
      ),
    );
    return;
  }
  desk.complain(`${error.code}: ${error.message}`);
  desk.say(`${desk.node}: the role is unknown. What systemd knows of the components:`);
  for (const { name, detail } of components) desk.say(`  ${name.padEnd(10)}${detail}`);
};
