import { haReplay } from "../commands/ha-replay.ts";
import type { Page } from "./page.ts";

export const replayPage: Page = {
  define: haReplay.define,
  exits: haReplay.exits,
  description: [
    "ngcp-ha keeps in memory what happened to it and what it decided. Ten seconds after each change of the role it writes that down, the last minute of it at least; the newest twenty recordings are kept.",
    "This tool runs such a recording through the same decisions again and prints a line for each event that led to something: milliseconds since the first event, what happened, and what was done. With the version that wrote the recording it does exactly what the node did; with a newer one it says where it would act otherwise, and ends with status 1.",
    "A recording can be read on any machine. It holds names, addresses and roles of the pair, and no secrets.",
  ],
  files: [["/var/lib/ngcp-ha/recordings/", "the recordings, named by the time of the change"]],
  examples: [
    [
      "ngcp-ha-replay /var/lib/ngcp-ha/recordings/2026-11-22T08.26.01.684Z-active.jsonl",
      "what led to the takeover of that moment",
    ],
  ],
  seeAlso: ["ngcp-ha(8)", "ngcp-status(8)"],
};
