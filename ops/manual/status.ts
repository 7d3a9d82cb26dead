import { status } from "../commands/status.ts";
import type { Page } from "./page.ts";

export const statusPage: Page = {
  define: status.define,
  exits: status.exits,
  description: [
    "Shows the role of this node, why it has it and since when; what is heard from the peer on each link; how many ping nodes each of the two reaches; how far the replication of database and cache is; the state of every component; the last change of the role; and, at the end, what needs a hand.",
    "When the daemon does not answer, the tool says so, shows what systemd knows of the components, and ends with status 5.",
    "The login banner is made by ngcp-status --banner: a line of who the node is, and a line for each thing that needs a hand.",
  ],
  files: [
    ["/run/ngcp-ha/control.sock", "where ngcp-ha is asked; root and the group ngcp may"],
    ["/etc/update-motd.d/10-ngcp-tandem", "the login banner"],
  ],
  examples: [
    ["ngcp-status", "the status for a person"],
    ["ngcp-status --watch", "the same during a switchover"],
    ["ngcp-status --json | jq .peer", "what is known of the peer, for a program"],
  ],
  seeAlso: ["ngcp-check-active(8)", "monit(8)", "ngcp-ha(8)"],
};
