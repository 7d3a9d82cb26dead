import { Command } from "commander";
import type { Page } from "./page.ts";

/** Started by systemd and without options: `--help` is this page. */
const bare = (name: string, description: string) => (): Command =>
  new Command(name).description(description).helpOption(false).usage("");

export const daemonPage: Page = {
  define: bare(
    "ngcp-ha",
    "decides which node of the pair is active, and moves the shared addresses",
  ),
  exits: [
    [0, "it was told to end, and holds nothing any more or left everything to its successor"],
    [1, "it cannot go on; the reason is in the journal"],
  ],
  description: [
    "Runs on both nodes, as ngcp-ha.service. It sends a heartbeat every 50 ms over the crosslink and the LAN, watches its peer, the ping nodes and the components of its own node, and takes the active role over when the peer is dead. The active node holds the shared addresses and runs lb, proxy and rtpengine; database and cache run on both nodes.",
    "systemctl stop ngcp-ha hands the active role to the peer first, and so does a shutdown or a reboot. systemctl restart ngcp-ha and an upgrade of the package end the daemon at once; its successor finds what runs and keeps it, so that no call is cut. Signals say which is meant: SIGTERM hands over, SIGUSR1 does not.",
    "A node whose daemon cannot be started any more is taken off the network by ngcp-ha-release(8).",
    "It reads one file, which ngcpcfg build writes; without that file the unit is skipped. A node that has not been paired is never active.",
    "journalctl -u ngcp-ha has a line for each change of the role, with its reason. What the daemon saw around the change is recorded; ngcp-ha-replay(8) runs it again.",
  ],
  files: [
    ["/etc/ngcp-ha/settings.json", "everything it is configured by; written by ngcpcfg build"],
    ["/run/ngcp-ha/control.sock", "HTTP and JSON for the tools; root and the group ngcp may"],
    ["/run/ngcp-ha/role", "the role, written with every heartbeat, for ngcp-check-active"],
    ["/run/ngcp-ha/addresses", "what ngcp-ha-release removes"],
    ["/var/lib/ngcp-ha/record.json", "term, last role and hold, read at the next start"],
    [
      "/var/lib/ngcp-ha/last-role-change.json",
      "the last change of the role, which ngcp-status shows after a restart too",
    ],
    ["/var/lib/ngcp-ha/recordings", "what was seen around each change of the role"],
  ],
  examples: [
    ["systemctl status ngcp-ha", "whether it runs"],
    ["journalctl -u ngcp-ha --since today", "what it decided today, and why"],
    [
      "curl --unix-socket /run/ngcp-ha/control.sock http://localhost/v1/status",
      "its status as JSON, as ngcp-status --json prints it",
    ],
  ],
  seeAlso: [
    "ngcp-status(8)",
    "ngcp-make-active(8)",
    "ngcp-make-standby(8)",
    "ngcp-check-active(8)",
    "ngcp-ha-release(8)",
    "ngcpcfg(8)",
  ],
};

export const releasePage: Page = {
  define: () =>
    bare("ngcp-ha-release", "takes the shared addresses off this node without the daemon")()
      .usage("[--addresses-only]")
      .option("--addresses-only", "leave the services as they are"),
  exits: [
    [0, "this node holds none of the shared addresses any more"],
    [1, "an address could not be removed, or systemd refused"],
  ],
  description: [
    "Removes the shared addresses from the interfaces of this node, and stops lb, proxy and rtpengine, which cannot be started again before ngcp-ha lets them. systemd runs it when ngcp-ha failed again and again, so that a node without a daemon does not stay in the way of its peer. It needs neither the daemon nor Node.js.",
    "It can be called by hand on a node that is to let go in any case. While ngcp-ha runs, use ngcp-make-standby(8).",
  ],
  files: [
    ["/run/ngcp-ha/addresses", "a device and an address a line; written by ngcp-ha"],
    ["/run/ngcp-ha/may-run", "without it lb, proxy and rtpengine do not start; written by ngcp-ha"],
  ],
  examples: [["ngcp-ha-release", "makes this node let go of everything that it shares"]],
  seeAlso: ["ngcp-ha(8)", "ngcp-make-standby(8)"],
};
