import { Command } from "commander";
import { sbcDefinition } from "../commands/sbc.ts";
import type { Page } from "./page.ts";

export const sbcPage: Page = {
  ...sbcDefinition,
  description: [
    "Asks the B2BUA of this node, ngcp-sems(8), over UDP port 5040 of 127.0.0.1. It runs on the active node only; on a standby nobody answers.",
    "A call is named by its id, 16 hexadecimal digits. Each call is counted once, whatever its phase: calling, early, answered, confirmed, ended. kill sends a BYE to both legs of a call that is up, whose Reason says that the operator ended it; one that still rings is ended by 487 and CANCEL.",
    "registrations lists the accounts that subscribers have with peers: when the registration ends, when the next REGISTER goes, and why the last one failed. impossible says that something is missing in what is provisioned; what it is stands beside it.",
    "reload puts /etc/ngcp-sems/settings.json into force without a restart, for calls that begin from then on. Everybody who is logged in on the node may ask.",
    "Programs ask the same as XML-RPC over HTTP on TCP port 8090 of 127.0.0.1: calls, get_calls, show, disconnect, stats, reload and getLoadedProfiles.",
  ],
  files: [["/etc/ngcp-sems/settings.json", "what the B2BUA goes by; written by ngcpcfg"]],
  examples: [
    ["ngcp-sbc calls", "who speaks to whom through the B2BUA"],
    ["ngcp-sbc kill 0123456789abcdef", "ends one of them"],
    ["ngcp-sbc registrations", "which accounts with peers are registered"],
    ["ngcp-sbc stats --json", "figures for a program"],
  ],
  seeAlso: ["ngcp-sems(8)", "monit(8)", "ngcp-status(8)"],
};

export const semsPage: Page = {
  define: () =>
    new Command("ngcp-sems")
      .description("the SIP back-to-back user agent of the pair")
      .helpOption(false)
      .usage(""),
  exits: [
    [0, "it was told to end"],
    [1, "it could not start; the reason is in the journal"],
    [2, "wrong options"],
    [3, "another process has taken the calls, or Redis on this node has become a replica"],
  ],
  description: [
    "Runs on the active node only, as ngcp-sems.service; its name in monit is sbc. It listens on UDP port 5080 of 127.0.0.1, and on TCP port 9022 of 127.0.0.1 for applications on drachtio-srf. Each call that it carries is two dialogs of its own, one with each side, and a record in Redis, which the peer's Redis copies; started on a node that becomes active it goes on with the calls of the other one, those included that still ring.",
    "A node that is about to become active starts it before the addresses move: it answers OPTIONS, keeps what else it is sent, and takes the calls as soon as Redis takes writes. Until then it runs with a nice value of 10, so that it does not delay lb and proxy.",
    "A process whose calls another one has taken, and one whose Redis has become a replica, write nothing any more and end with status 3.",
  ],
  files: [
    ["/etc/ngcp-sems/settings.json", "what it goes by; written by ngcpcfg"],
    [
      "/etc/ngcp-sems/secrets.json",
      "the password of Redis and the secret of applications; written by ngcpcfg",
    ],
    ["/run/ngcp-sems/secrets.json", "the copy that it may read"],
  ],
  examples: [
    ["monit restart sbc", "another process goes on with its calls"],
    ["journalctl -u ngcp-sems", "how many calls it took over, and what it waits for"],
  ],
  seeAlso: ["ngcp-sbc(8)", "monit(8)", "ngcp-ha(8)", "ngcp-status(8)", "ngcpcfg(8)"],
};

export const appsPage: Page = {
  define: () =>
    new Command("ngcp-sbc-apps")
      .description("the applications of the appliance on its B2BUA")
      .helpOption(false)
      .usage(""),
  exits: [
    [1, "its files cannot be read, or the B2BUA does not let it in; systemd starts it again"],
  ],
  description: [
    "Runs on the active node only, as ngcp-sbc-apps.service, which starts with ngcp-sems(8) and is no component of its own: when it fails, calls go on and codes are answered by 480. It is an ordinary application on drachtio-srf that connects to TCP port 9022 of 127.0.0.1.",
    "It serves the codes of vertical services that a subscriber dials: *72*NUMBER# forwards, #72# stops that, *72# starts it again and *#72# tells; so do 90 (busy), 92 (no answer, *92*SECONDS*NUMBER#) and 93 (no device). *60*NUMBER# refuses calls from a number and #60*NUMBER# lets it in again; *77# and #77# do so for callers that hide theirs. *55*HHMM# sets a reminder, #55 cancels it. The codes are those of b2b.vsc in config.yml. What it changes are the rows of ngcp-provision(8), in force at the next call.",
    "It calls the phones of subscribers whose reminder is due, in the time zone of general.timezone, and connects the one that answers with kamailio.proxy.reminder_uri. A reminder rings at most b2b.reminder.attempts times until a phone answers, whichever node or process ends meanwhile; one that was due more than b2b.reminder.late_s ago, while no node served, is missed. The log says NGCP_REMINDER_MISSED for those that have reached nobody.",
    "A code that was carried out is answered by 200, with the state that holds now in Subject and in the Reason of the BYE that follows. 404 is a code that there is not, 484 one that lacks something, 403 one that may not be, 503 one that the database could not take.",
  ],
  files: [
    [
      "/etc/ngcp-sbc-apps/settings.json",
      "the codes and the terms of reminders; written by ngcpcfg, read for each call",
    ],
    ["/etc/ngcp-sbc-apps/secrets.json", "what it shows the B2BUA; written by ngcpcfg"],
    ["/run/ngcp-sbc-apps/", "a copy of this that it may read"],
  ],
  examples: [["journalctl -u ngcp-sbc-apps", "whether it is connected, and what failed"]],
  seeAlso: ["ngcp-sems(8)", "ngcp-provision(8)", "ngcpcfg(8)"],
};
