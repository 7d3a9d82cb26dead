import { defineComponent } from "./component.ts";

/** Runs on both nodes, as a replica of the peer until ngcp-ha promotes it. */
export const redis = defineComponent({
  name: "redis",
  unit: "ngcp-redis.service",
  runsOn: "both",
  dependsOn: [],
  preparable: false,
  listens: [
    { port: 6379, protocol: "tcp", on: "internal" },
    { port: 6379, protocol: "tcp", on: "crosslink" },
  ],
  health: { kind: "redisPing", timeoutMs: 500, failures: 3 },
  templates: ["etc/redis/ngcp-redis.conf.eta"],
  reloads: [
    {
      template: "etc/redis/ngcp-redis.conf.eta",
      how: { kind: "settings", server: "redis", names: ["maxmemory", "repl-backlog-size"] },
    },
  ],
  stopTimeoutMs: 10_000,
});
