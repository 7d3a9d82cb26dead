import { Command } from "commander";
import { exitStatusHelp } from "../exit-status.ts";
import type { Tool } from "../tool.ts";
import { VERSION } from "../../appliance/version.ts";
import {
  awaitAnswer,
  DEFAULT_TIMEOUT_SECONDS,
  parseSeconds,
  SWITCHOVER_EXITS,
} from "./switchover.ts";

interface Options {
  readonly force?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

const define = (): Command =>
  new Command("ngcp-make-active")
    .description("makes this node the active one of its pair")
    .option(
      "--force",
      "also when this node is unfit, not in sync, or of another version or configuration; never against a silent peer",
    )
    .option("--timeout <seconds>", "how long to wait for it", parseSeconds, DEFAULT_TIMEOUT_SECONDS)
    .option("--json", "print the answer as JSON")
    .version(VERSION)
    .addHelpText("after", exitStatusHelp(SWITCHOVER_EXITS));

export const makeActive: Tool = {
  define,
  exits: SWITCHOVER_EXITS,
  run: async (parsed, desk) => {
    const { force = false, timeout, json = false } = parsed.opts<Options>();
    return awaitAnswer(desk, json, () =>
      desk.control.makeActive({ force, timeoutMs: Math.round(timeout * 1_000) }),
    );
  },
};
