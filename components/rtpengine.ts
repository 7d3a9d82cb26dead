import { defineComponent } from "./component.ts";

/** The media relay. It restores its calls from Redis when it starts, so Redis must be open before. */
export const rtpengine = defineComponent({
  name: "rtpengine",
  unit: "ngcp-rtpengine.service",
  runsOn: "active",
  dependsOn: ["redis"],
  // Beside a Redis that is still a replica it would run and never write a call.
  preparable: false,
  startsFirst: true,
  listens: [
    { port: 12222, protocol: "udp", on: "internal" },
    { port: 9900, protocol: "tcp", on: "internal" },
  ],
  health: { kind: "ngPing", host: "127.0.0.1", port: 12222, timeoutMs: 500, failures: 3 },
  kernelTable: {
    namedIn: "/etc/rtpengine/ngcp-rtpengine.conf",
    directory: "/proc/rtpengine",
  },
  templates: ["etc/rtpengine/ngcp-rtpengine.conf.eta", "etc/default/ngcp-rtpengine-daemon.eta"],
  restartCuts: "the sound of every call, until the relay has restored it from Redis",
  stopTimeoutMs: 2000,
});
