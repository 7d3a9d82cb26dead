import { b2bOf, b2bSchema, reminderOf, vscOf } from "../../../appliance/config/b2b-section.ts";
import { sipTimersOf, timersSchema } from "../../../appliance/config/kamailio-keys.ts";
import { lbOf, lbSchema } from "../../../appliance/config/lb-section.ts";
import { proxyOf, proxySchema } from "../../../appliance/config/proxy-section.ts";
import {
  databaseOf,
  databaseSchema,
  redisOf,
  redisSchema,
} from "../../../appliance/config/stores-section.ts";
import type { Appliance } from "../../../appliance/model.ts";
import type { HaSettings } from "../../../ha/core/settings.ts";
import { haSettingsOf } from "../../../ha/settings.ts";

/** sp1 of the sample pair, as `ngcpcfg build` would have written it. */
export const APPLIANCE: Appliance = {
  node: "sp1",
  self: {
    name: "sp1",
    id: 1,
    lan: { device: "eth0", address: "192.0.2.11", prefix: 24 },
    crosslink: { device: "eth1", address: "192.168.255.251", prefix: 29 },
  },
  peer: {
    name: "sp2",
    id: 2,
    lan: { device: "eth0", address: "192.0.2.12", prefix: 24 },
    crosslink: { device: "eth1", address: "192.168.255.252", prefix: 29 },
  },
  ha: {
    pingNodes: ["192.0.2.1", "192.0.2.2"],
    sharedAddresses: [
      { address: "192.0.2.10", prefix: 24, family: "ipv4", device: "eth0" },
      { address: "2001:db8::10", prefix: 64, family: "ipv6", device: "eth0" },
    ],
    heartbeatPort: 694,
    heartbeatMs: 50,
    deadMs: 250,
    yieldMs: 100,
    releaseMaxMs: 50,
    tickMs: 20,
    initialDeadMs: 5_000,
    aloneWaitMs: 300_000,
    pingAdvantageMs: 3_000,
    standbyHoldOffMs: 60_000,
    fencePeerCommand: undefined,
  },
  sip: {
    domains: ["example.org"],
    advertised: { ipv4: undefined, ipv6: undefined },
    natPingSeconds: 20,
    timers: sipTimersOf(timersSchema.parse({})),
  },
  lb: lbOf(lbSchema.parse({})),
  proxy: proxyOf(proxySchema.parse({})),
  rtp: {
    table: 0,
    minPort: 30_000,
    maxPort: 40_000,
    tos: 184,
    timeoutSeconds: 60,
    silentTimeoutSeconds: 600,
    redisThreads: 4,
    redisTimeoutMs: 300,
    logLevel: 5,
  },
  database: databaseOf(databaseSchema.parse({ clone_rate_mb: 0 })),
  redis: redisOf(redisSchema.parse({})),
  replication: { policy: "quarantine" },
  b2b: b2bOf(b2bSchema.parse({})),
  vsc: vscOf(b2bSchema.parse({})),
  reminder: reminderOf(b2bSchema.parse({}), {
    timezone: "UTC",
    uri: "sip:reminder@127.0.0.1:5070",
    ringSeconds: 180,
  }),
  mediator: { maxCallMs: 43_200_000, graceMs: 90_000, batch: 500, keepMs: 86_400_000 },
  secrets: undefined,
};

export const SETTINGS = haSettingsOf(APPLIANCE, true);

/** The settings that ship, for a node of a pair with one shared address; sp1 has rank 0. */
export const settingsOf = (node: string): HaSettings => ({
  ...SETTINGS,
  node,
  peer: node === "sp1" ? "sp2" : "sp1",
  rank: node === "sp1" ? 0 : 1,
  paired: true,
  sharedAddresses: [{ cidr: "192.0.2.10/24", family: "ipv4", device: "eth0" }],
  sharedAddressesHash: "ours",
});
