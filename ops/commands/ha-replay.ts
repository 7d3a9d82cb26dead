import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { ApplianceError } from "../../appliance/errors.ts";
import { replay } from "../../ha/journal/replay.ts";
import { exitStatusHelp } from "../exit-status.ts";
import type { Tool } from "../tool.ts";
import { VERSION } from "../../appliance/version.ts";

export class RecordingMissingError extends ApplianceError {
  override readonly name = "RecordingMissingError";
  readonly code = "NGCP_RECORDING_MISSING";

  constructor(path: string, options?: ErrorOptions) {
    super(`there is no readable recording ${path}`, options);
  }
}

const EXITS = {
  done: "the replay does what the recorded node did",
  failed: "the replay differs from the recording, or the recording cannot be read",
  usage: "wrong usage",
};

const define = (): Command =>
  new Command("ngcp-ha-replay")
    .description("runs a recording of the daemon through its core again and shows what it did")
    .argument("<file>", "a file of /var/lib/ngcp-ha/recordings")
    .version(VERSION)
    .addHelpText("after", exitStatusHelp(EXITS));

const read = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new RecordingMissingError(path, { cause });
  }
};

export const haReplay: Tool = {
  define,
  exits: EXITS,
  run: async (parsed, desk) => {
    const [path = ""] = parsed.args;
    const { lines, events, difference } = replay(await read(path));
    lines.forEach((line) => desk.say(line));
    if (difference === undefined) {
      desk.say(`${events} events, and the replay does what was recorded`);
      return "done";
    }
    desk.complain(`the replay differs from here on: ${difference}`);
    return "failed";
  },
};
