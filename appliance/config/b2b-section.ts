import { z } from "zod";
import type { B2bModel, ReminderModel, VscModel } from "../model.ts";
import {
  dialledCode,
  dialledName,
  oneOf,
  seconds,
  section,
  wholeNumber,
  yesOrNo,
} from "./values.ts";

/** Codes are dialled as `*72*NUMBER#`, `#72#` and `*#72#` (ETSI TS 122 030); the numbers are those of NGCP. */
const vscSchema = section({
  enabled: yesOrNo().default("yes").describe("Whether subscribers may dial codes"),
  cfu_code: dialledCode().default("72").describe("Forwards all calls"),
  cfb_code: dialledCode().default("90").describe("Forwards calls while the subscriber is busy"),
  cft_code: dialledCode()
    .default("92")
    .describe("Forwards calls that are not answered in time: *92*SECONDS*NUMBER#"),
  cfna_code: dialledCode().default("93").describe("Forwards calls while no device is registered"),
  clir_code: dialledCode()
    .default("31")
    .describe("Before a number it hides the caller's for this call: *31*NUMBER"),
  block_code: dialledCode().default("60").describe("Refuses calls from a number: *60*NUMBER#"),
  block_anonymous_code: dialledCode()
    .default("77")
    .describe("Refuses callers that hide their number"),
  reminder_code: dialledCode()
    .default("55")
    .describe("Calls the subscriber at that time, once: *55*HHMM#"),
}).prefault({});

const reminderSchema = section({
  late_s: seconds(60, 86_400)
    .default(600)
    .describe("How late a reminder still rings that was due while no node served"),
  attempts: wholeNumber({ min: 1, max: 10 })
    .default(2)
    .describe(
      "How often a reminder calls at most until a phone takes the call; with 1 one that a failure interrupts is lost",
    ),
  at_once: wholeNumber({ min: 1, max: 500 })
    .default(50)
    .describe(
      "How many calls of reminders there are at once at most, until each has ended; the others wait, for late_s at most",
    ),
  retry_s: seconds(0, 3_600)
    .default(60)
    .describe("How long after a call that no phone took a reminder calls again"),
  announcement_silent_s: seconds(1, 20)
    .default(4)
    .describe(
      "How long kamailio.proxy.reminder_uri has to answer when a phone has taken the call, which ends without an announcement otherwise",
    ),
  longest_s: seconds(5, 3_600).default(120).describe("The longest call of a reminder"),
}).prefault({});

export const b2bSchema = section({
  max_call_s: seconds(0, 604_800)
    .default(0)
    .describe("The longest call through the B2BUA from its answer on; 0 is no limit"),
  session_expires_s: seconds(90, 86_400)
    .default(1_800)
    .describe("Interval of the session timers that the B2BUA asks for on each leg (RFC 4028)"),
  keepalive_s: seconds(0, 86_400)
    .default(300)
    .describe(
      "How often a side that knows no session timers is asked by OPTIONS whether it lives; 0 is never",
    ),
  silent_s: seconds(1, 32)
    .default(6)
    .describe(
      "How long the proxy waits for a first word of the B2BUA before a call counts as not taken",
    ),
  prepaid_step_s: seconds(1, 3_600)
    .default(30)
    .describe(
      "For how long a prepaid call sets money aside at once: longer spares the database, and leaves less to other calls of the customer",
    ),
  prepaid_without_database: oneOf(["end", "continue"])
    .default("end")
    .describe(
      "What a prepaid call does at the end of what is paid while the database does not answer",
    ),
  registration_expires_s: seconds(60, 86_400)
    .default(3_600)
    .describe("For how long the B2BUA registers subscribers with peers; it renews in time"),
  registrations_per_s: wholeNumber({ min: 1, max: 200 })
    .default(20)
    .describe(
      "How many REGISTERs the B2BUA begins in a second at most, challenged ones counted twice, also after a takeover",
    ),
  peer_calls: yesOrNo()
    .default("yes")
    .describe("Whether calls to peerings go through the B2BUA, which hides the inside from them"),
  application_silent_s: seconds(1, 30)
    .default(5)
    .describe("How long an application may leave a request unanswered before its caller hears 480"),
  conference_user: dialledName()
    .default("conference")
    .describe("What is dialled for the conference, which is at kamailio.proxy.conference_uri"),
  vsc: vscSchema,
  reminder: reminderSchema,
});

export const vscOf = ({
  vsc,
  conference_user: conferenceUser,
}: z.output<typeof b2bSchema>): VscModel => ({
  enabled: vsc.enabled === "yes",
  clirCode: vsc.clir_code,
  conferenceUser,
  codes: {
    cfu: vsc.cfu_code,
    cfb: vsc.cfb_code,
    cft: vsc.cft_code,
    cfna: vsc.cfna_code,
    block: vsc.block_code,
    blockAnonymous: vsc.block_anonymous_code,
    reminder: vsc.reminder_code,
  },
});

/** The load-balancer gives a call up 4 s after the proxy: whoever waits longer than both is waiting for nobody. */
const RING_MARGIN_SECONDS = 6;

/** @param elsewhere what stands in other sections; `ringSeconds` is that of the proxy */
export const reminderOf = (
  { reminder }: z.output<typeof b2bSchema>,
  { ringSeconds, ...elsewhere }: Pick<ReminderModel, "timezone" | "uri" | "ringSeconds">,
): ReminderModel => ({
  ...elsewhere,
  ringSeconds: ringSeconds + RING_MARGIN_SECONDS,
  lateSeconds: reminder.late_s,
  attempts: reminder.attempts,
  atOnce: reminder.at_once,
  retrySeconds: reminder.retry_s,
  announcementSilentSeconds: reminder.announcement_silent_s,
  longestSeconds: reminder.longest_s,
});

export const b2bOf = (config: z.output<typeof b2bSchema>): B2bModel => ({
  sessionExpiresSeconds: config.session_expires_s,
  keepAliveSeconds: config.keepalive_s,
  silentSeconds: config.silent_s,
  prepaidStepSeconds: config.prepaid_step_s,
  prepaidWithoutDatabase: config.prepaid_without_database,
  registrationExpiresSeconds: config.registration_expires_s,
  registrationsPerSecond: config.registrations_per_s,
  peerCalls: config.peer_calls === "yes",
  applicationSilentSeconds: config.application_silent_s,
  ...(config.max_call_s === 0 ? {} : { maxCallSeconds: config.max_call_s }),
});
