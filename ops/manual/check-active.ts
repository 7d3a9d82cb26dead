import { Command } from "commander";
import type { Page } from "./page.ts";

const EXITS = [
  [0, "this node is active"],
  [1, "this node is standby"],
  [2, "anything else: in transition, or unknown because the daemon is silent"],
] as const;

/** The program is a shell script, since it is asked often; a test holds its help text against this definition. */
const define = (): Command =>
  new Command("ngcp-check-active")
    .description("tells whether this node is the active one of its pair")
    .option("-v, --verbose", "print active, standby, transition or unknown")
    .option("-q, --quiet", "print nothing, as without options")
    .addHelpText(
      "after",
      ["", "Exit status:", ...EXITS.map(([status, text]) => `  ${status}  ${text}`)].join("\n"),
    );

export const checkActivePage: Page = {
  define,
  exits: EXITS,
  description: [
    "Prints nothing unless it is told to; the exit status is the answer. It is made for scripts and cron jobs that are to run on the active node only.",
    "Nobody is asked and nothing is waited for: the daemon writes its role down with every heartbeat, and what is older than the dead time of the pair does not count. So the answer of a node whose daemon was killed or hangs is unknown, never active.",
    "A node that has just started, or that is taking the role over or handing it on, is in transition. Both answers of a pair can be transition for a moment; they are never active on both.",
  ],
  files: [["/run/ngcp-ha/role", "the role, and when it was written, in seconds of /proc/uptime"]],
  examples: [
    ["ngcp-check-active && run-billing-export", "runs the export on the active node only"],
    ["ngcp-check-active -v", "prints the role for a person"],
  ],
  seeAlso: ["ngcp-status(8)", "ngcp-make-active(8)", "ngcp-make-standby(8)", "ngcp-ha(8)"],
};
