import { z } from "zod";
import { b2bSchema } from "./b2b-section.ts";
import { generalSchema } from "./general-section.ts";
import { timersSchema } from "./kamailio-keys.ts";
import { lbSchema } from "./lb-section.ts";
import { onBoth } from "./on-both.ts";
import { proxySchema } from "./proxy-section.ts";
import { databaseSchema, redisSchema } from "./stores-section.ts";
import {
  absolutePath,
  ipAddress,
  listOf,
  milliseconds,
  oneOf,
  port,
  seconds,
  secret,
  section,
  wholeNumber,
  yesOrNo,
} from "./values.ts";

const ha = section({
  pingnodes: onBoth(
    listOf(ipAddress())
      .optional()
      .describe(
        "Hosts of the LAN that both nodes ping all the time; who reaches more is the better one",
      ),
  ),
  pingnodes_add_gw: onBoth(
    yesOrNo()
      .default("no")
      .describe("Whether the gateways of the LAN, as network.yml names them, are ping nodes too"),
  ),
  pingnodes_add_dns: onBoth(
    yesOrNo()
      .default("no")
      .describe(
        "Whether the name servers of the LAN, as network.yml names them, are ping nodes too",
      ),
  ),
  heartbeat_ms: onBoth(
    milliseconds(10, 5_000).default(50).describe("Time between two heartbeats on each link"),
  ),
  dead_ms: onBoth(
    milliseconds(200, 60_000)
      .default(250)
      .describe("Silence on every link after which the peer counts as dead"),
  ),
  yield_ms: onBoth(
    milliseconds(20, 30_000)
      .default(100)
      .describe(
        "Silence after which an active node that is cut off from everybody gives its addresses up",
      ),
  ),
  release_max_ms: onBoth(
    milliseconds(5, 5_000)
      .default(50)
      .describe(
        "The longest that removing the shared addresses may take; after it a node fences itself",
      ),
  ),
  tick_ms: onBoth(
    milliseconds(5, 1_000).default(20).describe("How often the daemon looks at its deadlines"),
  ),
  initial_dead_ms: onBoth(
    milliseconds(500, 600_000)
      .default(5_000)
      .describe("How long a node that starts listens for its peer before it acts alone"),
  ),
  alone_wait_s: onBoth(
    seconds(0, 86_400)
      .default(300)
      .describe(
        "How long a node that was standby last waits at boot for a peer that may hold newer data",
      ),
  ),
  ping_advantage_ms: onBoth(
    milliseconds(200, 600_000)
      .default(2_000)
      .describe(
        "How long the standby must reach more ping nodes than the active before the role moves",
      ),
  ),
  standby_hold_off_s: onBoth(
    seconds(1, 86_400)
      .default(60)
      .describe("How long a node that was told to stand by does not offer itself again"),
  ),
  heartbeat_port: onBoth(port().default(694).describe("UDP port of the heartbeat, on both links")),
  fence_peer_command: absolutePath()
    .optional()
    .describe("Program that cuts the power of the peer; ends with 0 when the peer is surely off"),
});

const mediaPorts = section({
  minport: onBoth(port().optional().describe("First UDP port of the media relay")),
  maxport: onBoth(port().optional().describe("Last UDP port of the media relay")),
});

const rtpengine = mediaPorts.extend({
  table: wholeNumber({
    min: -1,
    max: 63,
    allowed: "the number of a kernel table from 0 to 63, or -1 for user space alone",
  })
    .default(0)
    .describe(
      "Table of the kernel module that forwards media packets; where the kernel has none they go through user space, as with -1, and monit status and the journal say so",
    ),
  timeout_s: seconds(5, 86_400)
    .default(60)
    .describe(
      "Silence of both sides after which the media relay lets go of a call, and the proxy ends it",
    ),
  silent_timeout_s: seconds(5, 86_400)
    .default(600)
    .describe("The same for a stream that was put on hold or is to be silent"),
  redis_threads: wholeNumber({ min: 1, max: 64 })
    .default(4)
    .describe("Connections over which the media relay takes up the calls of the peer from Redis"),
  redis_timeout_ms: milliseconds(50, 10_000)
    .default(300)
    .describe("How long the media relay waits for Redis"),
  log_level: wholeNumber({ min: 0, max: 7 })
    .default(5)
    .describe(
      "What it says in the journal: 4 warnings, 5 notices too, 6 information, 7 everything",
    ),
});

const kamailio = section({
  timers: timersSchema.prefault({}),
  lb: lbSchema.prefault({}),
  proxy: proxySchema.prefault({}),
});

/** The section of constants.yml that ngcp-pair writes. */
export const pairSchema = section({
  heartbeat_keys: listOf(secret())
    .min(1, { error: "is empty; ngcp-pair puts the keys of the heartbeat here" })
    .max(2, { error: "holds more than two keys" })
    .describe("Keys of the heartbeat: the first signs, each is accepted"),
  database_password: secret().describe("Password of the components for MariaDB"),
  replication_password: secret().describe("Password of the peer and of ngcp-ha for MariaDB"),
  redis_password: secret().describe("Password of Redis"),
  nonce_secret: secret().describe("Secret of the digest nonces, so that both nodes accept them"),
});

/** config.yml with the layers above it. Units are part of the names. */
export const configSchema = section({
  general: generalSchema.prefault({}),
  heartbeat: section({
    pingnodes: onBoth(listOf(ipAddress()).optional().describe("The older name of ha.pingnodes")),
  }).prefault({}),
  ha: ha.prefault({}),
  rtpproxy: mediaPorts.prefault({}),
  rtpengine: rtpengine.prefault({}).describe("The newer name of rtpproxy"),
  qos: section({
    tos_rtp: wholeNumber({ min: 0, max: 255 })
      .default(184)
      .describe("TOS byte of the media packets; 184 is expedited forwarding"),
  }).prefault({}),
  database: databaseSchema.prefault({}),
  redis: redisSchema.prefault({}),
  replication: section({
    policy: oneOf(["quarantine", "merge"])
      .default("quarantine")
      .describe(
        "What becomes of rows that only a returning node has, once they are saved and the node is copied anew: they wait for ngcp-replication quarantine restore, or are let in by themselves where none is in conflict",
      ),
  }).prefault({}),
  kamailio: kamailio.prefault({}),
  mediator: section({
    max_call_s: seconds(60, 604_800)
      .default(43_200)
      .describe("The longest call: one whose end was never recorded is closed after it"),
    grace_s: seconds(40, 86_400)
      .default(90)
      .describe(
        "How long the end of a call is waited for after its dialog has gone, and the begin of one whose end is recorded",
      ),
    batch: wholeNumber({ min: 1, max: 10_000 })
      .default(500)
      .describe("Start and stop records that become call detail records in one transaction"),
    keep_s: seconds(3_600, 31_536_000)
      .default(86_400)
      .describe(
        "How long records that were dealt with stay in kamailio.acc before they go to accounting",
      ),
  }).prefault({}),
  b2b: b2bSchema.prefault({}),
  pair: pairSchema.optional().describe("Made by ngcp-pair; only in constants.yml"),
});

export type Config = z.output<typeof configSchema>;
