import { ngcpcfgDefinition } from "../commands/ngcpcfg.ts";
import type { Page } from "./page.ts";

export const ngcpcfgPage: Page = {
  ...ngcpcfgDefinition,
  description: [
    "Reads the configuration of this node, says all that is wrong with it, and writes the files that the services and ngcp-ha are started with. Only root may.",
    "check reads and checks: each mistake is a line with file, line, column and key, what is wrong and what is allowed. An interface or an address of network.yml that this machine does not have is a warning.",
    "build does the same, renders every template and writes the files that differ, all or nothing: each is complete on the disk before the first takes its place. It restarts nothing; what was generated is listed, and a service reads its file when it starts.",
    "config.yml lies lowest. Above it lie config.sp1.yml or config.sp2.yml, config.sp.yml, config.HOSTNAME.yml, config.local.yml and constants.yml; each changes only the keys that it names. Without the secrets of the pair a node is configured, and never active.",
    "help and version print what their names say.",
  ],
  files: [
    ["/etc/ngcp-config/config.yml", "what the pair shall do; the same on both nodes"],
    ["/etc/ngcp-config/network.yml", "the two nodes, their interfaces and the shared addresses"],
    ["/etc/ngcp-config/constants.yml", "the secrets of the pair, made by ngcp-pair"],
    ["/etc/ngcp_nodename", "sp1 or sp2"],
    ["/etc/ngcp-ha/settings.json", "what ngcp-ha reads; written by build"],
  ],
  examples: [
    ["ngcpcfg check", "says all that is wrong"],
    ["ngcpcfg build --dry-run", "says which files would change"],
    ["ngcpcfg build && systemctl restart ngcp-ha", "puts new timers or ping nodes into force"],
  ],
  seeAlso: ["ngcp-pair(8)", "ngcp-ha(8)", "ngcp-status(8)"],
};
