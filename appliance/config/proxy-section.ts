import { z } from "zod";
import type { ProxyModel, ReplyName } from "../model.ts";
import { kamailioKeys, kamailioOf } from "./kamailio-keys.ts";
import { peerProbeOf, peerProbeSchema } from "./peer-probe-section.ts";
import {
  domain,
  listOf,
  milliseconds,
  replyReason,
  seconds,
  section,
  sipUri,
  wholeNumber,
  workers,
} from "./values.ts";

/** What the proxy answers by itself, and when: the code and the text of config.yml are sent. */
const REPLIES = {
  caller_locked: [403, "Caller locked", "the caller may not call, or not register"],
  callee_locked: [480, "Offline", "the callee may not be called"],
  block_out: [403, "Blocked by Caller", "the caller's own list refuses the callee"],
  block_in: [403, "Blocked by Callee", "the callee's list refuses the caller"],
  block_clir: [403, "Blocked by Callee", "the callee refuses callers that hide their number"],
  block_admin: [403, "Blocked by Admin", "a list that the operator keeps refuses the call"],
  unknown_callee: [404, "Not Found", "nobody is known by this name or number"],
  offline: [480, "Offline", "the callee has no registered device"],
  no_answer: [408, "Request Timeout", "the callee did not answer in time"],
  no_peer: [404, "Not Found", "no peer takes calls to this number"],
  peers_failed: [502, "Bad Gateway", "every peer that could take the call has failed"],
  too_many_forwards: [482, "Loop Detected", "a call was forwarded too often"],
  foreign_domain: [403, "Not Served Here", "the caller's domain is none of ours"],
  relaying: [403, "Relaying Denied", "the callee's domain is none of ours"],
  bad_credentials: [400, "Bad Auth Header", "the credentials cannot be read"],
  not_your_name: [403, "Not Your Name", "the credentials are those of somebody else"],
  too_many_devices: [403, "Too Many Devices", "as many devices are registered as may be"],
  too_many_calls: [
    403,
    "Maximum parallel calls exceeded",
    "the caller, or its customer, has as many calls as it may",
  ],
  callee_has_too_many_calls: [
    486,
    "Busy Here",
    "the callee, or its customer, has as many calls as it may",
  ],
  no_media: [
    500,
    "Media Not Available",
    "the media relay does not take the call: it has no port left, or cannot read what is offered",
  ],
  no_prepaid: [403, "No Prepaid Calls", "a prepaid call, while calls do not go through the B2BUA"],
} as const satisfies Record<string, readonly [number, string, string]>;

const reply = ([code, reason, when]: readonly [number, string, string]) =>
  section({
    code: wholeNumber({ min: 400, max: 699 }).default(code).describe(`Sent when ${when}`),
    reason: replyReason().default(reason).describe("The text beside the code"),
  }).prefault({});

const replies = section({
  caller_locked: reply(REPLIES.caller_locked),
  callee_locked: reply(REPLIES.callee_locked),
  block_out: reply(REPLIES.block_out),
  block_in: reply(REPLIES.block_in),
  block_clir: reply(REPLIES.block_clir),
  block_admin: reply(REPLIES.block_admin),
  unknown_callee: reply(REPLIES.unknown_callee),
  offline: reply(REPLIES.offline),
  no_answer: reply(REPLIES.no_answer),
  no_peer: reply(REPLIES.no_peer),
  peers_failed: reply(REPLIES.peers_failed),
  too_many_forwards: reply(REPLIES.too_many_forwards),
  foreign_domain: reply(REPLIES.foreign_domain),
  relaying: reply(REPLIES.relaying),
  bad_credentials: reply(REPLIES.bad_credentials),
  not_your_name: reply(REPLIES.not_your_name),
  too_many_devices: reply(REPLIES.too_many_devices),
  too_many_calls: reply(REPLIES.too_many_calls),
  callee_has_too_many_calls: reply(REPLIES.callee_has_too_many_calls),
  no_media: reply(REPLIES.no_media),
  no_prepaid: reply(REPLIES.no_prepaid),
} satisfies Record<ReplyName, z.ZodType>);

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
  replies: replies.prefault({}),
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
