import type { z } from "zod";
import type { LbReplyName, ReplyName } from "../replies.ts";
import { replyReason, section, wholeNumber } from "./values.ts";

/** What the proxy answers by itself, and when: the code and the text of config.yml are sent. */
const PROXY = {
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
  bad_contact: [400, "Bad Contact Header", "a registration names no place that calls could go to"],
  bad_identifier: [
    400,
    "Bad Identifier",
    "the Call-ID or a tag holds bytes that are none of a word",
  ],
  invalid_from: [
    400,
    "Invalid From Header",
    "From holds no address: the load-balancer sends it, too",
  ],
  location_failed: [500, "Server Internal Error", "the registrations of the callee cannot be read"],
  method_not_allowed: [405, "Method Not Allowed", "no device of the callee takes this method"],
  not_here: [404, "Not Here", "a request within a dialog names no way on"],
  too_long: [400, "Too Long", "a part of the request is longer than the records of calls can hold"],
  too_many_hops: [483, "Too Many Hops", "Max-Forwards is 0"],
  unauthorized_ip: [
    403,
    "Unauthorized IP detected",
    "the caller is elsewhere than in its allowed_ips",
  ],
  unknown_call: [481, "Call/Transaction Does Not Exist", "there is no such call"],
  unknown_cancel: [481, "Call Does Not Exist", "the call that is given up is not known"],
} as const satisfies Record<string, readonly [number, string, string]>;

const reply = ([code, reason, when]: readonly [number, string, string]) =>
  section({
    code: wholeNumber({ min: 400, max: 699 }).default(code).describe(`Sent when ${when}`),
    reason: replyReason().default(reason).describe("The text beside the code"),
  }).prefault({});

/** The section `kamailio.proxy.replies` of config.yml. */
export const proxyReplies = section({
  caller_locked: reply(PROXY.caller_locked),
  callee_locked: reply(PROXY.callee_locked),
  block_out: reply(PROXY.block_out),
  block_in: reply(PROXY.block_in),
  block_clir: reply(PROXY.block_clir),
  block_admin: reply(PROXY.block_admin),
  unknown_callee: reply(PROXY.unknown_callee),
  offline: reply(PROXY.offline),
  no_answer: reply(PROXY.no_answer),
  no_peer: reply(PROXY.no_peer),
  peers_failed: reply(PROXY.peers_failed),
  too_many_forwards: reply(PROXY.too_many_forwards),
  foreign_domain: reply(PROXY.foreign_domain),
  relaying: reply(PROXY.relaying),
  bad_credentials: reply(PROXY.bad_credentials),
  not_your_name: reply(PROXY.not_your_name),
  too_many_devices: reply(PROXY.too_many_devices),
  too_many_calls: reply(PROXY.too_many_calls),
  callee_has_too_many_calls: reply(PROXY.callee_has_too_many_calls),
  no_media: reply(PROXY.no_media),
  no_prepaid: reply(PROXY.no_prepaid),
  bad_contact: reply(PROXY.bad_contact),
  bad_identifier: reply(PROXY.bad_identifier),
  invalid_from: reply(PROXY.invalid_from),
  location_failed: reply(PROXY.location_failed),
  method_not_allowed: reply(PROXY.method_not_allowed),
  not_here: reply(PROXY.not_here),
  too_long: reply(PROXY.too_long),
  too_many_hops: reply(PROXY.too_many_hops),
  unauthorized_ip: reply(PROXY.unauthorized_ip),
  unknown_call: reply(PROXY.unknown_call),
  unknown_cancel: reply(PROXY.unknown_cancel),
} satisfies Record<ReplyName, z.ZodType>);

/** The same of the load-balancer. */
const LB = {
  bad_extension: [420, "Bad Extension", "Proxy-Require names what is not supported"],
  banned_user: [403, "Try again later", "wrong passwords have banned the source for this user"],
  loop: [482, "Loop Detected", "a request comes back for the same place"],
  no_proxy: [503, "Service Unavailable", "no proxy takes requests"],
  not_here: [404, "Not Here", "a request within a dialog names no way on"],
  relaying: [403, "Relaying Denied", "a request is for somebody who is not served here"],
  too_many_hops: [483, "Too Many Hops", "Max-Forwards is 0"],
  unknown_cancel: [
    481,
    "Call Does Not Exist",
    "the call that is given up is not known, and no proxy can be asked",
  ],
  unsupported_scheme: [416, "Unsupported URI Scheme", "the Request-URI is no sip, sips or tel"],
} as const satisfies Record<string, readonly [number, string, string]>;

/** The section `kamailio.lb.replies` of config.yml. */
export const lbReplies = section({
  bad_extension: reply(LB.bad_extension),
  banned_user: reply(LB.banned_user),
  loop: reply(LB.loop),
  no_proxy: reply(LB.no_proxy),
  not_here: reply(LB.not_here),
  relaying: reply(LB.relaying),
  too_many_hops: reply(LB.too_many_hops),
  unknown_cancel: reply(LB.unknown_cancel),
  unsupported_scheme: reply(LB.unsupported_scheme),
} satisfies Record<LbReplyName, z.ZodType>);
