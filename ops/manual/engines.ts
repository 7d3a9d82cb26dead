import { kamctlOf } from "../commands/kamctl.ts";
import { ENGINE_EXITS, sercmdOf } from "../commands/sercmd.ts";
import { enginesOfThisNode } from "../engines.ts";
import type { Page } from "./page.ts";

const FILES: Page["files"] = [
  ["/run/ngcp-lb/ctl", "where kamcmd asks the load-balancer; root may"],
  ["/run/ngcp-proxy/ctl", "where it asks the proxy"],
];

const sercmdPage = (name: "ngcp-sercmd" | "ngcp-kamcmd"): Page => ({
  define: sercmdOf(name)(enginesOfThisNode).define,
  exits: ENGINE_EXITS,
  description: [
    "Calls a function of one of the two Kamailios of this node through its control socket and prints what kamcmd prints. Both run on the active node only.",
    "An argument that looks like a number is one; s: before it makes it a string.",
    "The load-balancer keeps whom it has banned in the tables ipban (addresses) and userban (an address together with a user). A ban that is deleted on the active node is gone on the peer, too, within a second.",
  ],
  files: FILES,
  examples: [
    [`${name} lb htable.dump ipban`, "addresses that are banned"],
    [`${name} lb htable.delete ipban 192.0.2.66`, "lifts a ban"],
    [`${name} lb htable.dump userban`, "sources that guessed a user's password wrong too often"],
    [`${name} lb tls.reload`, "takes up a new certificate without a restart"],
    [`${name} lb dispatcher.list`, "the proxies, and which of them live"],
    [`${name} --json proxy core.uptime`, "for scripts"],
  ],
  seeAlso: ["ngcp-kamctl(8)", "kamcmd(8)", "monit(1)"],
});

export const enginePages: readonly Page[] = [
  {
    define: kamctlOf(enginesOfThisNode).define,
    exits: ENGINE_EXITS,
    description: [
      "Shows and changes what the load-balancer or the proxy of this node knows, in the words of Kamailio's own kamctl.",
      "Registrations are read from the database, so ul show and online answer on the standby node, too. Everything else asks the running engine, on the active node.",
    ],
    files: FILES,
    examples: [
      ["ngcp-kamctl proxy ul show", "all registrations"],
      ["ngcp-kamctl proxy ul show 4311001@example.org", "those of one subscriber"],
      ["ngcp-kamctl proxy ul rm 4311001@example.org", "takes them back"],
      ["ngcp-kamctl proxy peer show", "which peer hosts answer their probes"],
      ["ngcp-kamctl lb stats core:", "counters of the load-balancer"],
      ["ngcp-kamctl proxy fifo dlg.list", "any other function"],
    ],
    seeAlso: ["ngcp-sercmd(8)", "kamctl(8)", "ngcp-status(8)"],
  },
  sercmdPage("ngcp-sercmd"),
  sercmdPage("ngcp-kamcmd"),
];
