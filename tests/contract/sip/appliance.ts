import { proxyOf, proxySchema } from "../../../appliance/config/proxy-section.ts";
import type { Appliance, NodeModel } from "../../../appliance/model.ts";

export const SHARED = { v4: "192.0.2.10", v6: "2001:db8::10" };
export const DOMAIN = "test.invalid";
/** The one source beside the pair that may send as much as it likes. */
export const TRUSTED = "192.0.2.100";

const node = (id: 1 | 2): NodeModel => ({
  name: `sp${id}`,
  id,
  lan: { device: "eth0", address: `192.0.2.1${id}`, prefix: 24 },
  crosslink: { device: "eth1", address: `192.168.255.25${id}`, prefix: 29 },
});

/** The pair of the lab, seen from sp1. */
export const APPLIANCE: Appliance = {
  node: "sp1",
  self: node(1),
  peer: node(2),
  ha: {
    pingNodes: ["192.0.2.1", "192.0.2.2"],
    sharedAddresses: [
      { address: SHARED.v4, prefix: 24, family: "ipv4", device: "eth0" },
      { address: SHARED.v6, prefix: 64, family: "ipv6", device: "eth0" },
    ],
    heartbeatPort: 694,
    heartbeatMs: 50,
    deadMs: 250,
    yieldMs: 100,
    releaseMaxMs: 50,
    tickMs: 10,
    initialDeadMs: 5000,
    aloneWaitMs: 300_000,
    pingAdvantageMs: 5000,
    standbyHoldOffMs: 60_000,
    fencePeerCommand: undefined,
  },
  sip: {
    domains: [DOMAIN],
    advertised: { ipv4: undefined, ipv6: undefined },
    natPingSeconds: 1,
  },
  lb: {
    children: 2,
    tcpChildren: 2,
    certificateFile: "/etc/ngcp-config/ssl/myserver.crt",
    certificateKeyFile: "/etc/ngcp-config/ssl/myserver.key",
    proxies: ["127.0.0.1:5062"],
    trustedSources: [TRUSTED],
    maxForwards: 70,
    floodRequests: 30,
    floodSeconds: 2,
    knownFloodRequests: 120,
    banSeconds: 300,
    failedAuthAttempts: 5,
    failedAuthSeconds: 60,
    failedAuthBanSeconds: 300,
  },
  proxy: proxyOf(proxySchema.parse({})),
  rtp: {
    minPort: 30_000,
    maxPort: 40_000,
    tos: 184,
    timeoutSeconds: 60,
    silentTimeoutSeconds: 600,
  },
  database: {
    bufferPoolMb: 128,
    maxConnections: 300,
    binlogKeepSeconds: 604_800,
    semiSyncTimeoutMs: 2000,
    cloneRateMb: 0,
  },
  redis: { maxMemoryMb: 256, backlogMb: 16 },
  b2b: { sessionExpiresSeconds: 1_800, keepAliveSeconds: 300 },
  mediator: { maxCallMs: 43_200_000, graceMs: 90_000, batch: 500, keepMs: 86_400_000 },
  secrets: {
    heartbeatKeys: ["00".repeat(32)],
    databasePassword: "databasepassword",
    replicationPassword: "replicationpassword",
    redisPassword: "redispassword",
    nonceSecret: "noncesecret",
  },
};
