import { ngcpcfgDefinition } from "../commands/ngcpcfg/index.ts";
import type { Page } from "./page.ts";

export const ngcpcfgPage: Page = {
  ...ngcpcfgDefinition,
  description: [
    "Reads the configuration of this node, says all that is wrong with it, and writes the files that the services and ngcp-ha are started with. Only root may.",
    "check reads and checks: each mistake is a line with file, line, column and key, what is wrong and what is allowed. An interface or an address of network.yml that this machine does not have is a warning.",
    "apply does all of it: check, build, install, restart, commit. It restarts the services whose files changed and no others, one after the other, and commits with MESSAGE when all of them run; a change without a message is refused. A service that does not run with the new files makes it put the old ones back and restart that service with them. On the standby nothing is started that belongs to the active node. With --no-restart the services stay as they are; status names them, and the next apply restarts them.",
    "apply --pair does it on both nodes, the standby first, and commits when both run with it. Where one does not take the change, the other is taken back, so that both run as before; the lines say what state each is in, and the change waits in the files of this node. Keys on which both nodes must agree (reference marks them: timers, ports, shared addresses, ping nodes) are changed by --pair alone: a plain apply that would change one is refused, with a line for each. The addresses of the crosslink are such keys: each node must have its new one beside the old one until apply --pair has ended, and when only the peer runs with them the next apply --pair finds it there. While the peer is gone for good, build and services put such a change into force here, and apply --pair gives it to the peer when there is one again.",
    "push brings the peer to the last commit of this node, over the crosslink, and applies it there; pull does the same the other way round. It is a fast-forward: a node that has commits or changes of its own is not overwritten, and the message says how to go on; with --replace it gives them up, and keeps them as a branch and in the stash. The secrets of the pair are in no history and travel apart where they differ. The peer has everything before it begins: what breaks before leaves it as it was, and a push can be done again. The lines of the peer are printed as they come, with its name.",
    "build renders every template and writes the files that differ, all or nothing: each is complete on the disk before the first takes its place, and a power cut in between is finished by recover at the next boot, before any service starts. It restarts nothing.",
    "get prints the value that is in force; set and del change config.yml, or network.yml for keys that begin with hosts, or the FILE that is named, and keep its comments and order; edit opens an editor. None of them writes anything with which the configuration would be wrong; a text of the editor that is refused is kept for the next edit. reference lists all keys.",
    "initialise begins the history, a git repository; commit, diff, log, show and clean work on it; services restarts what is pending; status says what is not in force yet, here and on the peer, how the two nodes differ, and what to do. The secrets of the pair are not in the history, and neither get nor set handles them.",
    "config.yml lies lowest. Above it lie config.sp1.yml or config.sp2.yml, config.sp.yml, config.HOSTNAME.yml, config.local.yml, the files of config.d in the order of their names, and constants.yml; each changes only the keys that it names. Without the secrets of the pair a node is configured, and never active.",
    "The templates of the package lie in /etc/ngcp-config/templates, below the paths of the files that they make. One that is edited there is kept at an upgrade, and named. NAME.custom.eta beside NAME.eta is used in its place, and with .HOSTNAME, .sp or .sp1 behind either name it is for that host, the pair or that node alone.",
    "help and version print what their names say.",
  ],
  files: [
    ["/etc/ngcp-config/config.yml", "what the pair shall do; the same on both nodes"],
    ["/etc/ngcp-config/network.yml", "the two nodes, their interfaces and the shared addresses"],
    ["/etc/ngcp-config/constants.yml", "the secrets of the pair, made by ngcp-pair"],
    ["/etc/ngcp-config/templates", "what the files of the services are made of"],
    ["/etc/ngcp-config/.git", "the history of the configuration"],
    ["/var/lib/ngcpcfg", "what is under way or pending"],
    ["/etc/ngcp_nodename", "sp1 or sp2"],
    ["/etc/ngcp-ha/settings.json", "what ngcp-ha reads; written by build"],
  ],
  examples: [
    ["ngcpcfg check", "says all that is wrong"],
    ["ngcpcfg build --dry-run", "says which files would change"],
    ["ngcpcfg set ha.pingnodes='[192.0.2.1, 192.0.2.2]'", "changes the ping nodes in config.yml"],
    ["ngcpcfg apply --pair 'new ping nodes'", "puts that into force and into the history, on both"],
    ["ngcpcfg push", "brings the peer to what is in force here"],
    ["ngcpcfg reference pingnodes", "says what the key means and what is allowed"],
  ],
  seeAlso: ["ngcp-pair(8)", "ngcp-ha(8)", "ngcp-status(8)"],
};
