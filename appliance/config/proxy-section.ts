import { z } from "zod";
import type { ProxyModel } from "../model.ts";
import { kamailioKeys, kamailioOf } from "./kamailio-keys.ts";
import { peerProbeOf, peerProbeSchema } from "./peer-probe-section.ts";
import { proxyReplies } from "./replies.ts";
import {
  domain,
  listOf,
  milliseconds,
  seconds,
  section,
  sipUri,
  wholeNumber,
  workers,
} from "./values.ts";

/** The section `kamailio.proxy` of config.yml. */
export const proxySchema = section({
  domains: listOf(domain())
    .default([])
    .describe("SIP domains that this system answers for beside those that are provisioned"),
  children: workers(8).describe(
    "Processes for each UDP address that the proxy listens on; each waits while its row is written to both disks",
  ),
  ...kamailioKeys({ sharedMb: 256, packageMb: 8, aboutWhat: "about calls that ring" }),
  database_timeout_seconds: seconds(1, 60).default(2).describe("How long MariaDB is waited for"),
  cache_seconds: seconds(1, 86_400)
    .default(300)
    .describe(
      "How long an answer of the database about domains and subscribers is kept; any change of what is provisioned ends it at once",
    ),
  nonce_seconds: seconds(10, 86_400)
    .default(300)
    .describe("How long a challenge is good; after it a phone is asked anew, without its user"),
  max_registrations: wholeNumber({ min: 1, max: 100 })
    .default(5)
    .describe("Devices of one subscriber at once, where the preference of this name says nothing"),
  min_expires_seconds: seconds(1, 86_400)
    .default(60)
    .describe("The shortest registration; a device that asks for less gets this"),
  default_expires_seconds: seconds(1, 604_800)
    .default(3_600)
    .describe("The registration of a device that asks for no length"),
  max_expires_seconds: seconds(1, 604_800)
    .default(3_600)
    .describe("The longest registration; a device that asks for more gets this"),
  dialog_seconds: seconds(60, 604_800)
    .default(43_200)
    .describe("The longest call: after it the proxy forgets that there is one"),
  media_timeout_ms: milliseconds(50, 10_000)
    .default(500)
    .describe("How long the media relay is waited for"),
  media_retry_seconds: seconds(1, 3_600)
    .default(1)
    .describe("How long a media relay that did not answer is left alone, unless a call needs it"),
  ring_seconds: seconds(10, 600)
    .default(180)
    .describe("How long a call may ring before it is given up, by the proxy and the load-balancer"),
  serial_ring_seconds: seconds(1, 600)
    .default(20)
    .describe(
      "With the preference serial_forking_by_q_value: how long devices of a higher q ring before those of the next lower one do",
    ),
  nat_ping_seconds: seconds(1, 3_600)
    .default(20)
    .describe(
      "Time between two OPTIONS to a phone behind NAT, which keep its way open; a NAT may forget after 30 s",
    ),
  peer_silent_seconds: seconds(1, 32)
    .default(4)
    .describe("How long a peer may leave a call without any answer before the next one gets it"),
  peer_probe: peerProbeSchema.prefault({}),
  max_forwards: wholeNumber({ min: 0, max: 50 })
    .default(5)
    .describe("How often one call may be forwarded"),
  voicebox_uri: sipUri()
    .default("sip:voicebox@127.0.0.1:5070")
    .describe("Where calls go that are forwarded to the voicebox"),
  conference_uri: sipUri()
    .default("sip:conference@127.0.0.1:5070")
    .describe("Where calls go that are forwarded to the conference"),
  reminder_uri: sipUri()
    .default("sip:reminder@127.0.0.1:5070")
    .describe("Where calls go that are forwarded to the reminder"),
  replies: proxyReplies.prefault({}),
});

export const proxyOf = (proxy: z.output<typeof proxySchema>): ProxyModel => ({
  ...kamailioOf(proxy),
  databaseTimeoutSeconds: proxy.database_timeout_seconds,
  cacheSeconds: proxy.cache_seconds,
  nonceSeconds: proxy.nonce_seconds,
  dialogSeconds: proxy.dialog_seconds,
  registrations: {
    max: proxy.max_registrations,
    minExpiresSeconds: proxy.min_expires_seconds,
    defaultExpiresSeconds: proxy.default_expires_seconds,
    maxExpiresSeconds: proxy.max_expires_seconds,
  },
  mediaTimeoutMs: proxy.media_timeout_ms,
  mediaRetrySeconds: proxy.media_retry_seconds,
  children: proxy.children,
  ringSeconds: proxy.ring_seconds,
  serialRingSeconds: proxy.serial_ring_seconds,
  peerSilentSeconds: proxy.peer_silent_seconds,
  peerProbe: peerProbeOf(proxy.peer_probe),
  maxForwards: proxy.max_forwards,
  applications: {
    voicebox: proxy.voicebox_uri,
    conference: proxy.conference_uri,
    reminder: proxy.reminder_uri,
  },
  replies: proxy.replies,
});
