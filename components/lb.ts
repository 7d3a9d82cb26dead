import { defineComponent } from "./component.ts";

/** The SIP load-balancer: the only SIP element that the public network sees. */
export const lb = defineComponent({
  name: "lb",
  unit: "ngcp-lb.service",
  runsOn: "active",
  dependsOn: [],
  preparable: true,
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
    "etc/kamailio/lb/kamailio.cfg.eta",
    "etc/kamailio/lb/guard.cfg.eta",
    "etc/kamailio/lb/tls.cfg.eta",
    "etc/kamailio/lb/dispatcher.list.eta",
    "etc/kamailio/lb/address.list.eta",
    "etc/sysctl.d/ngcp.conf.eta",
  ],
  stopTimeoutMs: 2000,
});
