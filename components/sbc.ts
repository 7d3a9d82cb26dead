import { defineComponent } from "./component.ts";

/** The back-to-back user agent ("SBC"): calls that do not end at the appliance go through it. */
export const sbc = defineComponent({
  name: "sbc",
  unit: "ngcp-sems.service",
  runsOn: "active",
  dependsOn: ["redis"],
  // Beside a Redis that is a replica it answers OPTIONS, keeps what comes, and waits until it may write.
  preparable: true,
  listens: [
    { port: 5080, protocol: "udp", on: "internal" },
    { port: 5040, protocol: "udp", on: "internal" },
    { port: 8090, protocol: "tcp", on: "internal" },
    { port: 9022, protocol: "tcp", on: "internal" },
  ],
  health: {
    kind: "sipOptions",
    host: "127.0.0.1",
    port: 5080,
    server: "Tandem sbc",
    timeoutMs: 500,
    failures: 3,
  },
  templates: ["etc/ngcp-sems/settings.json.eta", "etc/ngcp-sems/secrets.json.eta"],
  restartCuts: "nothing: its calls are in Redis and go on",
  stopTimeoutMs: 2000,
});
