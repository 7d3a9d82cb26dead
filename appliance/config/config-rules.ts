import { isIPv4, SocketAddress } from "node:net";
import { timersProblem } from "../timers.ts";
import { valueAt } from "./edit.ts";
import type { Path } from "./problem.ts";
import type { Config } from "./schema.ts";

/** A relation between values that does not hold. `path` is the value to change. */
export interface Broken {
  readonly path: Path;
  readonly sentence: string;
}

/** One spelling for each address, so that two can be compared. */
export const canonical = (address: string): string =>
  new SocketAddress({ address, family: isIPv4(address) ? "ipv4" : "ipv6" }).address;

/** UDP and TCP ports that the components listen on; part of the product, not of the configuration. */
const TAKEN_PORTS = [
  { port: 3306, what: "MariaDB" },
  { port: 5060, what: "SIP" },
  { port: 5061, what: "SIP over TLS" },
  { port: 5062, what: "the proxy" },
  { port: 6379, what: "Redis" },
  { port: 6947, what: "the reports of the nodes to each other and copies of the database" },
  { port: 12222, what: "the control port of rtpengine" },
] as const;

/** The media ports under either of their names. */
export const mediaPorts = ({ rtpproxy, rtpengine }: Config): { min: number; max: number } => ({
  min: rtpengine.minport ?? rtpproxy.minport ?? 30_000,
  max: rtpengine.maxport ?? rtpproxy.maxport ?? 40_000,
});

export const pingNodesOf = ({ ha, heartbeat }: Config): readonly string[] =>
  (ha.pingnodes ?? heartbeat.pingnodes ?? []).map(canonical);

const timerRule = ({ ha }: Config): Broken[] => {
  const sentence = timersProblem({
    yieldMs: ha.yield_ms,
    releaseMaxMs: ha.release_max_ms,
    heartbeatMs: ha.heartbeat_ms,
    tickMs: ha.tick_ms,
    deadMs: ha.dead_ms,
  });
  return sentence === undefined ? [] : [{ path: ["ha", "dead_ms"], sentence }];
};

/** Lengths of time: the first is at least the second, times what the third says where the units differ or more is needed. */
const ORDER: readonly (readonly [longer: string, least: string, times?: number, words?: string])[] =
  [
    ["kamailio.timers.t2_ms", "kamailio.timers.t1_ms"],
    ["kamailio.timers.fr_timer_ms", "kamailio.timers.t2_ms"],
    ["kamailio.timers.max_inv_lifetime_ms", "kamailio.proxy.ring_seconds", 1_000],
    ["kamailio.lb.proxy_retry_max_ms", "kamailio.lb.proxy_retry_ms"],
    // One question to a host at a time.
    ["kamailio.proxy.peer_probe.interval", "kamailio.proxy.peer_probe.timeout"],
    ["kamailio.proxy.default_expires_seconds", "kamailio.proxy.min_expires_seconds"],
    ["kamailio.proxy.max_expires_seconds", "kamailio.proxy.default_expires_seconds"],
    // A source whose registration is good is not banned for what may be forged.
    ["kamailio.lb.registered_seconds", "kamailio.proxy.max_expires_seconds"],
    ["redis.replica_silent_s", "redis.replica_ping_s", 2, "two of "],
  ];

const orderRule = (config: Config): Broken[] =>
  ORDER.flatMap(([longer, other, times = 1, words = ""]) => {
    const path = longer.split(".");
    const value = Number(valueAt(config, path));
    const least = Number(valueAt(config, other.split("."))) * times;
    if (value >= least) return [];
    return [
      { path, sentence: `is ${value}; must be at least ${least}, which is ${words}${other}` },
    ];
  });

const twoNames = ({ ha, heartbeat, rtpproxy, rtpengine }: Config): Broken[] => {
  const both = (older: Path, newer: string, given: boolean): Broken[] =>
    given ? [{ path: older, sentence: `is given as ${newer} too; keep one of the two` }] : [];
  const given = (a: unknown, b: unknown): boolean => a !== undefined && b !== undefined;
  return [
    ...both(["heartbeat", "pingnodes"], "ha.pingnodes", given(ha.pingnodes, heartbeat.pingnodes)),
    ...both(
      ["rtpproxy", "minport"],
      "rtpengine.minport",
      given(rtpproxy.minport, rtpengine.minport),
    ),
    ...both(
      ["rtpproxy", "maxport"],
      "rtpengine.maxport",
      given(rtpproxy.maxport, rtpengine.maxport),
    ),
  ];
};

const portRule = (config: Config): Broken[] => {
  const { min, max } = mediaPorts(config);
  const heartbeat = config.ha.heartbeat_port;
  const section = config.rtpengine.minport === undefined && config.rtpengine.maxport === undefined;
  const media = section ? "rtpproxy" : "rtpengine";
  const inMedia = (port: number): boolean => port >= min && port <= max;
  const taken = [...TAKEN_PORTS, { port: heartbeat, what: "the heartbeat" }];
  return [
    ...(max - min < 10
      ? [{ path: [media, "maxport"], sentence: `must be at least minport (${min}) + 10` }]
      : []),
    ...taken
      .filter(({ port }) => inMedia(port))
      .map(({ port, what }) => ({
        path: [media, "minport"],
        sentence: `the ports ${min} to ${max} hold ${port}, which belongs to ${what}`,
      })),
    ...TAKEN_PORTS.filter(({ port }) => port === heartbeat).map(({ what }) => ({
      path: ["ha", "heartbeat_port"],
      sentence: `is ${heartbeat}, which belongs to ${what}`,
    })),
  ];
};

/** What a proxy sends to phones goes out through the load-balancer beside it, and that one believes the loopback alone. */
const proxyRule = ({ kamailio }: Config): Broken[] =>
  kamailio.lb.proxies.flatMap((proxy, index) =>
    proxy.startsWith("127.")
      ? []
      : [
          {
            path: ["kamailio", "lb", "proxies", index],
            sentence: `is ${proxy}, on another host, which this load-balancer neither reaches nor hears; name addresses of 127.0.0.0/8, where each proxy of this host listens`,
          },
        ],
  );

/** Relations within config.yml. */
export const brokenInConfig = (config: Config): readonly Broken[] => [
  ...timerRule(config),
  ...orderRule(config),
  ...twoNames(config),
  ...portRule(config),
  ...proxyRule(config),
];
