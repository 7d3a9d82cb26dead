import { Command, Option } from "commander";
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
  readonly hold?: boolean;
  readonly release?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

const define = (): Command =>
  new Command("ngcp-make-standby")
    .description("hands the active role to the peer")
    .option("--hold", "keep this node standby, also over reboots, until it is released")
    .addOption(new Option("--release", "end a hold; moves no role").conflicts(["hold", "force"]))
    .option(
      "--force",
      "also when the peer is unfit, not in sync, or of another version or configuration; never against a silent peer",
    )
    .option("--timeout <seconds>", "how long to wait for it", parseSeconds, DEFAULT_TIMEOUT_SECONDS)
    .option("--json", "print the answer as JSON")
    .version(VERSION)
    .addHelpText("after", exitStatusHelp(SWITCHOVER_EXITS));

export const makeStandby: Tool = {
  define,
  exits: SWITCHOVER_EXITS,
  run: async (parsed, desk) => {
    const { force = false, hold = false, release, timeout, json = false } = parsed.opts<Options>();
    return awaitAnswer(desk, json, () =>
      release === true
        ? desk.control.releaseHold()
        : desk.control.makeStandby({ force, hold, timeoutMs: Math.round(timeout * 1_000) }),
    );
  },
};
