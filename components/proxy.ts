import { defineComponent } from "./component.ts";

/** The SIP proxy and registrar: authentication, registrations, routing, start and stop records. */
export const proxy = defineComponent({
  name: "proxy",
  unit: "ngcp-proxy.service",
  runsOn: "active",
  // Not rtpengine: without the media relay registrations still work, and a proxy that is up early
  // holds calls back until the relay answers.
  dependsOn: ["mysql"],
  preparable: true,
  startsFirst: true,
  listens: [
    { port: 5062, protocol: "udp", on: "internal" },
    { port: 5062, protocol: "tcp", on: "internal" },
  ],
  health: {
    kind: "sipOptions",
    host: "127.0.0.1",
    port: 5062,
    server: "ngcp-proxy",
    timeoutMs: 500,
    failures: 3,
  },
  templates: [
    "etc/default/ngcp-proxy.eta",
    "etc/kamailio/proxy/kamailio.cfg.eta",
    "etc/kamailio/proxy/blocks.cfg.eta",
    "etc/kamailio/proxy/codes.cfg.eta",
    "etc/kamailio/proxy/forward.cfg.eta",
    "etc/kamailio/proxy/late.cfg.eta",
    "etc/kamailio/proxy/limits.cfg.eta",
    "etc/kamailio/proxy/media.cfg.eta",
    "etc/kamailio/proxy/records.cfg.eta",
    "etc/kamailio/proxy/normalize.cfg.eta",
    "etc/kamailio/proxy/parties.cfg.eta",
    "etc/kamailio/proxy/peers.cfg.eta",
    "etc/kamailio/proxy/probes.cfg.eta",
    "etc/kamailio/proxy/replies.cfg.eta",
  ],
  restartCuts: "calls that are being set up",
  stopTimeoutMs: 2000,
});
