import { defineComponent, type TakingUp } from "./component.ts";

const rpc = (method: string): TakingUp => ({
  kind: "rpc",
  socket: "unix:/run/ngcp-lb/ctl",
  method,
});

/** The SIP load-balancer: the only SIP element that the public network sees. */
export const lb = defineComponent({
  name: "lb",
  unit: "ngcp-lb.service",
  runsOn: "active",
  dependsOn: [],
  preparable: true,
  startsFirst: true,
  listens: [
    { port: 5060, protocol: "udp", on: "shared" },
    { port: 5060, protocol: "tcp", on: "shared" },
    { port: 5061, protocol: "tls", on: "shared" },
    { port: 5060, protocol: "udp", on: "internal" },
    { port: 5060, protocol: "tcp", on: "internal" },
  ],
  health: {
    kind: "sipOptions",
    host: "127.0.0.1",
    port: 5060,
    server: "ngcp-lb",
    timeoutMs: 500,
    failures: 3,
  },
  templates: [
    "etc/default/ngcp-lb.eta",
    "etc/kamailio/lb/kamailio.cfg.eta",
    "etc/kamailio/lb/guard.cfg.eta",
    "etc/kamailio/lb/tls.cfg.eta",
    "etc/kamailio/lb/dispatcher.list.eta",
    "etc/kamailio/lb/address.list.eta",
    "etc/sysctl.d/ngcp.conf.eta",
  ],
  reloads: [
    { template: "etc/kamailio/lb/tls.cfg.eta", how: rpc("tls.reload") },
    { template: "etc/kamailio/lb/dispatcher.list.eta", how: rpc("dispatcher.reload") },
    { template: "etc/kamailio/lb/address.list.eta", how: rpc("permissions.addressReload") },
    // Addresses that the node does not hold are bound at the start alone.
    { template: "etc/sysctl.d/ngcp.conf.eta", how: { kind: "nothing" } },
  ],
  restartCuts: "the connections of phones over TCP and TLS, and calls that are being set up",
  stopTimeoutMs: 2000,
});
