import { otherSide } from "./call.ts";
import type { Call, Description, LegTimer, Side } from "./call.ts";
import { started } from "./prepaid/tariff.ts";
import type { SbcSettings } from "./settings.ts";
import { hasElement, headerValue } from "./sip/header.ts";
import type { Header } from "./sip/header.ts";
import type { SipMessage, SipRequest, SipResponse } from "./sip/message.ts";
import {
  answerSessionTimer,
  minSeOf,
  refresherIfWeSend,
  sessionDeadlineMs,
  sessionEndMs,
  sessionExpiresOf,
  sessionTimerOffer,
  settledSessionTimer,
  TIMER,
} from "./sip/session-timer.ts";
import type { SessionTimer, SessionTimerPolicy } from "./sip/session-timer.ts";

/*
 * How long a call may last without a word, and at all. Each leg has a session timer of its own (RFC 4028): what one side
 * settles with us is not the other's business. Instants are milliseconds since 1970, for they outlive the node.
 */

const SUPPORTED: Header = { name: "Supported", value: TIMER };
/** What a side may ask for at least (RFC 4028 section 5). */
const MIN_SECONDS = 90;
const DEFAULTS = { sessionExpiresSeconds: 1_800, keepAliveSeconds: 300 } as const;

export const policyOf = (
  { sessionExpiresSeconds = DEFAULTS.sessionExpiresSeconds }: SbcSettings,
  minSeconds = MIN_SECONDS,
): SessionTimerPolicy => ({ expiresSeconds: sessionExpiresSeconds, minSeconds });

const knowsTimers = (request: SipRequest): boolean =>
  ["Supported", "Require"].some((name) => hasElement(request, name, TIMER));

/** What our INVITE or UPDATE offers. In a refresh the sides keep their roles. */
export const offerOf = (
  settings: SbcSettings,
  timer?: LegTimer,
  minSeconds?: number,
): readonly Header[] => [
  SUPPORTED,
  ...sessionTimerOffer(
    policyOf(settings, minSeconds),
    timer?.kind === "session" ? refresherIfWeSend(timer) : undefined,
  ),
];

/** What a side of a call is offered by the next INVITE or UPDATE. */
export const offerTo = (
  { timers, minSe }: Call,
  side: Side,
  settings: SbcSettings,
): readonly Header[] => offerOf(settings, timers?.[side], minSe?.[side]);

/**
 * The call after a side has found the interval of our INVITE or UPDATE too small (422): what it wants at least counts as
 * long as the call lasts (RFC 4028 section 7.4). Undefined for any other answer, and for one that wants no more than it
 * was offered: to that the same request would follow for ever.
 */
export const afterRefusal = (
  call: Call,
  side: Side,
  sent: SipRequest,
  response: SipResponse,
): Call | undefined => {
  const seconds = minSeOf(response);
  const offered = sessionExpiresOf(sent)?.seconds ?? Infinity;
  if (response.status !== 422 || seconds <= offered) return undefined;
  return { ...call, minSe: { ...call.minSe, [side]: seconds } };
};

/** Whether its sender can be refreshed by UPDATE; INVITE can be sent to everybody. */
const takesUpdate = (message: SipMessage): boolean =>
  message.cseq.method === "UPDATE" || hasElement(message, "Allow", "UPDATE");

const sessionTimer = (
  message: SipMessage,
  { seconds, weRefresh }: SessionTimer,
  since: number,
): LegTimer => ({
  kind: "session",
  seconds,
  weRefresh,
  since,
  ...(weRefresh && !takesUpdate(message) ? { byInvite: true } : {}),
});

/** Headers of a 422 for an INVITE or UPDATE whose interval is too small; undefined when it is not. */
export const tooSmall = (
  request: SipRequest,
  settings: SbcSettings,
): readonly Header[] | undefined => {
  const answer = answerSessionTimer(request, policyOf(settings));
  return answer.kind === "tooSmall" ? answer.headers : undefined;
};

const keepAlive = (
  { keepAliveSeconds = DEFAULTS.keepAliveSeconds }: SbcSettings,
  since: number,
): LegTimer => ({ kind: "keepAlive", seconds: keepAliveSeconds, weRefresh: true, since });

/** What the 2xx to an INVITE or UPDATE says, and what holds on that leg then. */
export const answerTerms = (
  request: SipRequest,
  settings: SbcSettings,
  nowMs: number,
): { readonly headers: readonly Header[]; readonly timer: LegTimer } => {
  if (!knowsTimers(request)) return { headers: [SUPPORTED], timer: keepAlive(settings, nowMs) };
  const answer = answerSessionTimer(namingRefresher(request), policyOf(settings));
  if (answer.kind === "tooSmall")
    return { headers: [SUPPORTED], timer: keepAlive(settings, nowMs) };
  return {
    headers: [SUPPORTED, ...answer.headers],
    timer: sessionTimer(request, answer.timer, nowMs),
  };
};

/** A refresh by UPDATE is cheaper: a caller that takes none, and does not say who refreshes, does it itself. */
const namingRefresher = (request: SipRequest): SipRequest => {
  const asked = sessionExpiresOf(request);
  if (asked?.refresher !== undefined || takesUpdate(request)) return request;
  const seconds = asked?.seconds;
  if (seconds === undefined) return request;
  const named = { name: "Session-Expires", value: `${seconds};refresher=uac` };
  const others = request.headers.filter(({ name }) => name !== "Session-Expires");
  return { ...request, headers: [...others, named] };
};

/** What the 2xx to our INVITE or UPDATE settled; a side that says nothing knows no timers. */
export const settledTerms = (
  response: SipResponse,
  settings: SbcSettings,
  nowMs: number,
): LegTimer =>
  sessionExpiresOf(response) === undefined
    ? keepAlive(settings, nowMs)
    : sessionTimer(response, settledSessionTimer(response, policyOf(settings)), nowMs);

export const bothSides = (
  from: Side,
  ofSender: LegTimer,
  ofAnswerer: LegTimer,
): Readonly<Record<Side, LegTimer>> =>
  from === "caller"
    ? { caller: ofSender, callee: ofAnswerer }
    : { caller: ofAnswerer, callee: ofSender };

/** What holds for the call from the 2xx to an INVITE of `from` on. */
export const agreedTerms = (
  call: Call,
  timers: Readonly<Record<Side, LegTimer>>,
  settings: SbcSettings,
  nowMs: number,
): Pick<Call, "timers" | "endsAt" | "prepaid"> => {
  const { maxCallSeconds } = settings;
  const endsAt =
    call.endsAt ?? (maxCallSeconds === undefined ? undefined : nowMs + maxCallSeconds * 1_000);
  const prepaid = call.prepaid === undefined ? undefined : started(call.prepaid, nowMs);
  return {
    timers,
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(prepaid === undefined ? {} : { prepaid }),
  };
};

/** The session description of a message; undefined where there is none. */
export const descriptionOf = (message: SipMessage): Description | undefined => {
  if (message.body.length === 0) return undefined;
  const body = Buffer.from(message.body).toString("latin1");
  return { type: headerValue(message, "Content-Type") ?? "application/sdp", body };
};

/** What a side was told, kept where it is to be offered again; what nobody said anew stays as it was. */
const described = (call: Call, side: Side, description: Description | undefined): Call => {
  const { timers } = call;
  if (timers?.caller.byInvite !== true && timers?.callee.byInvite !== true) return call;
  return description === undefined
    ? call
    : { ...call, descriptions: { ...call.descriptions, [side]: description } };
};

/** The call with the session that an INVITE of `from` and its 2xx have told the sides, each what was sent to it. */
export const withDescriptions = (
  call: Call,
  from: Side,
  sent: SipRequest,
  answer: SipResponse,
): Call => {
  const told = call.exchange?.told;
  const to = otherSide(from);
  const offered = described(call, to, told?.[to] ?? descriptionOf(sent));
  return settled(described(offered, from, descriptionOf(answer) ?? told?.[from]));
};

/** Both sides have agreed anew: nobody is owed anything. */
const settled = (call: Call): Call => {
  const { owed, ...rest } = call;
  return owed === undefined ? call : rest;
};

/** The same for the answer in an ACK to the other side of `from`. */
export const withAnswerInAck = (call: Call, from: Side, ack: SipRequest): Call =>
  described(call, otherSide(from), descriptionOf(ack));

/** What comes next on a leg, and when. */
export type Due = { readonly kind: "refresh" | "giveUp" | "keepAlive"; readonly atMs: number };

export const nextOf = (timer: LegTimer): Due | undefined => {
  if (timer.kind === "session") return sessionDeadlineMs(timer, timer.since);
  if (timer.seconds === 0) return undefined;
  return { kind: "keepAlive", atMs: timer.since + timer.seconds * 1_000 };
};

/** The same for a side of a call: what it is owed comes first. */
export const nextFor = ({ owed, timers }: Call, side: Side): Due | undefined => {
  if (timers === undefined) return undefined;
  return owed?.side === side ? { kind: "refresh", atMs: 0 } : nextOf(timers[side]);
};

/** True when a session that we refresh has come to its end without a refresh. */
export const hasRunOut = (timer: LegTimer, nowMs: number): boolean =>
  timer.kind === "session" && timer.weRefresh && nowMs >= sessionEndMs(timer, timer.since);

/**
 * How long to wait after requests of both sides have collided, milliseconds (RFC 3261 section 14.1): who made the Call-ID
 * waits longer.
 *
 * @param chance from 0 to 1
 */
export const glareWaitMs = (ownsCallId: boolean, chance: number): number =>
  Math.round((ownsCallId ? 2_100 + chance * 1_900 : chance * 2_000) / 10) * 10;
