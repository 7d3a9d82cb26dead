import { isIPv4, isIPv6 } from "node:net";
import type {
  Appliance,
  HaModel,
  InterfaceModel,
  NodeModel,
  SharedAddressModel,
  SipModel,
} from "../model.ts";
import { b2bOf, reminderOf, vscOf } from "./b2b-section.ts";
import { canonical, mediaPorts, pingNodesOf } from "./config-rules.ts";
import { sipTimersOf } from "./kamailio-keys.ts";
import { lbOf } from "./lb-section.ts";
import { proxyOf } from "./proxy-section.ts";
import { secretsOf } from "./pair-section.ts";
import { addedPingNodes } from "./ping-nodes.ts";
import { databaseOf, redisOf } from "./stores-section.ts";
import { withType } from "./network-rules.ts";
import type { Network, NetworkHost, NetworkInterface, NodeName } from "./network.ts";
import type { Config } from "./schema.ts";

const MS_PER_SECOND = 1_000;

/** What the rules have made sure of; a value that is missing after them is a fault of the rules. */
const certain = <Value>(value: Value | null | undefined, what: string): Value => {
  if (value === null || value === undefined) throw new TypeError(`${what} passed the rules unset`);
  return value;
};

/** A node is spoken to at its IPv4 address, where it has one. */
const interfaceOf = (host: NetworkHost, type: string): InterfaceModel => {
  const net = certain(withType(host, type)[0], `${host.name} ${type}`);
  const { device, ip, v6ip } = net;
  return typeof ip === "string"
    ? {
        device,
        address: canonical(ip),
        prefix: certain(net.netmask, `${host.name} ${device} netmask`),
      }
    : {
        device,
        address: canonical(certain(v6ip, `${host.name} ${device} v6ip`)),
        prefix: net.v6netmask,
      };
};

const nodeOf = (host: NetworkHost): NodeModel => ({
  name: host.name,
  id: host.dbnode === 1 ? 1 : 2,
  lan: interfaceOf(host, "sip_ext"),
  crosslink: interfaceOf(host, "ha_int"),
});

const sharedOn = (net: NetworkInterface): readonly SharedAddressModel[] => [
  ...net.shared_ip.map((address) => ({
    address: canonical(address),
    prefix: certain(net.netmask, `${net.device} netmask`),
    family: "ipv4" as const,
    device: net.device,
  })),
  ...net.shared_v6ip.map((address) => ({
    address: canonical(address),
    prefix: net.v6netmask,
    family: "ipv6" as const,
    device: net.device,
  })),
];

const haOf = (config: Config, host: NetworkHost): HaModel => ({
  pingNodes: [...new Set([...pingNodesOf(config), ...addedPingNodes(config, host)])],
  sharedAddresses: host.nets.flatMap(sharedOn),
  heartbeatPort: config.ha.heartbeat_port,
  heartbeatMs: config.ha.heartbeat_ms,
  deadMs: config.ha.dead_ms,
  yieldMs: config.ha.yield_ms,
  releaseMaxMs: config.ha.release_max_ms,
  tickMs: config.ha.tick_ms,
  initialDeadMs: config.ha.initial_dead_ms,
  aloneWaitMs: config.ha.alone_wait_s * MS_PER_SECOND,
  pingAdvantageMs: config.ha.ping_advantage_ms,
  standbyHoldOffMs: config.ha.standby_hold_off_s * MS_PER_SECOND,
  fencePeerCommand: config.ha.fence_peer_command,
});

/** The first of either kind: what a NAT puts in the place of the shared addresses of that kind. */
const advertisedOn = (host: NetworkHost): SipModel["advertised"] => {
  const addresses = withType(host, "sip_ext").flatMap((net) => net.advertised_ip.map(canonical));
  return { ipv4: addresses.find(isIPv4), ipv6: addresses.find(isIPv6) };
};

const sipOf = ({ kamailio }: Config, host: NetworkHost): SipModel => ({
  domains: kamailio.proxy.domains,
  advertised: advertisedOn(host),
  natPingSeconds: kamailio.proxy.nat_ping_seconds,
  timers: sipTimersOf(kamailio.timers),
});

const frozen = <Value>(value: Value): Value => {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
};

/** The model of this node, out of a configuration that has passed every rule. */
export const applianceOf = (config: Config, network: Network, node: NodeName): Appliance => {
  const self = network[node];
  const media = mediaPorts(config);
  return frozen({
    node,
    self: nodeOf(self),
    peer: nodeOf(network[self.peer]),
    ha: haOf(config, self),
    sip: sipOf(config, self),
    lb: lbOf(config.kamailio.lb),
    proxy: proxyOf(config.kamailio.proxy),
    rtp: {
      minPort: media.min,
      maxPort: media.max,
      table: config.rtpengine.table,
      tos: config.qos.tos_rtp,
      timeoutSeconds: config.rtpengine.timeout_s,
      silentTimeoutSeconds: config.rtpengine.silent_timeout_s,
      redisThreads: config.rtpengine.redis_threads,
      redisTimeoutMs: config.rtpengine.redis_timeout_ms,
      logLevel: config.rtpengine.log_level,
    },
    database: databaseOf(config.database),
    redis: redisOf(config.redis),
    replication: { policy: config.replication.policy },
    mediator: {
      maxCallMs: config.mediator.max_call_s * 1_000,
      graceMs: config.mediator.grace_s * 1_000,
      batch: config.mediator.batch,
      keepMs: config.mediator.keep_s * 1_000,
    },
    b2b: b2bOf(config.b2b),
    vsc: vscOf(config.b2b),
    reminder: reminderOf(config.b2b, {
      timezone: config.general.timezone,
      uri: config.kamailio.proxy.reminder_uri,
      ringSeconds: config.kamailio.proxy.ring_seconds,
    }),
    secrets: config.pair === undefined ? undefined : secretsOf(config.pair),
  });
};
