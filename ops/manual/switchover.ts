import { makeActive } from "../commands/make-active.ts";
import { makeStandby } from "../commands/make-standby.ts";
import type { Page } from "./page.ts";

const FILES: Page["files"] = [
  ["/run/ngcp-ha/control.sock", "where ngcp-ha is asked; root and the group ngcp may"],
];

const HANDSHAKE =
  "The role moves by a handshake. The standby starts first what can be started out of reach; then the active node removes the shared addresses, and the other one adds them as soon as it hears of it. Established calls go on.";

const WAITING =
  "The tool waits for the end and says in a sentence what happened. On a terminal it shows meanwhile how far it is. A switchover that does not come to its end is taken back by the daemon, not by this tool.";

export const makeActivePage: Page = {
  define: makeActive.define,
  exits: makeActive.exits,
  description: [
    "Asks the active peer to hand the active role to this node, which ends a hold that ngcp-make-standby --hold began. On a node that is active already it changes nothing. On a node that waits alone at its start for its peer it ends the wait.",
    HANDSHAKE,
    "It is refused when this node is unfit, when its database or its cache is not in sync, when package or configuration of the two nodes differ, or when files of this node were changed by somebody else than ngcpcfg. --force overrides these. Nothing overrides a peer that is silent: whether it is dead is decided by ngcp-ha alone.",
    WAITING,
  ],
  files: FILES,
  examples: [
    ["ngcp-make-active", "takes the role from the peer"],
    ["ngcp-make-active --timeout 10 || ngcp-status", "waits ten seconds at most and shows why not"],
  ],
  seeAlso: ["ngcp-make-standby(8)", "ngcp-check-active(8)", "ngcp-status(8)", "ngcp-ha(8)"],
};

export const makeStandbyPage: Page = {
  define: makeStandby.define,
  exits: makeStandby.exits,
  description: [
    "Asks this node to hand the active role to its peer. On a node that is standby already only --hold and --release change something.",
    HANDSHAKE,
    "It is refused when the peer is unfit, silent or not in sync, or when package or configuration of the two nodes differ. --force overrides all but the silence.",
    "With --hold the node does not become active again, whatever happens to its peer, also after a reboot, until ngcp-make-active or ngcp-make-standby --release. ngcp-status and the login banner remind of it.",
    WAITING,
  ],
  files: [...FILES, ["/var/lib/ngcp-ha/record.json", "where a hold is kept over reboots"]],
  examples: [
    ["ngcp-make-standby", "hands the role to the peer"],
    ["ngcp-make-standby --hold", "before work on this node that may take long"],
    ["ngcp-make-standby --release", "after it"],
  ],
  seeAlso: ["ngcp-make-active(8)", "ngcp-check-active(8)", "ngcp-status(8)", "ngcp-ha(8)"],
};
