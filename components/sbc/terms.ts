import type { Call, LegTimer, Side } from "./call.ts";
import type { SbcSettings } from "./settings.ts";
import { hasElement } from "./sip/header.ts";
import type { Header } from "./sip/header.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import {
  answerSessionTimer,
  refresherIfWeSend,
  sessionDeadlineMs,
  sessionEndMs,
  sessionExpiresOf,
  sessionTimerOffer,
  settledSessionTimer,
  TIMER,
} from "./sip/session-timer.ts";
import type { SessionTimerPolicy } from "./sip/session-timer.ts";

/*
 * How long a call may last without a word, and at all. Each leg has a session timer of its own (RFC 4028): what one side
 * settles with us is not the other's business. Instants are milliseconds since 1970, for they outlive the node.
 */

const SUPPORTED: Header = { name: "Supported", value: TIMER };
/** What a side may ask for at least (RFC 4028 section 5). */
const MIN_SECONDS = 90;
const DEFAULTS = { sessionExpiresSeconds: 1_800, keepAliveSeconds: 300 } as const;

export const policyOf = ({
  sessionExpiresSeconds = DEFAULTS.sessionExpiresSeconds,
}: SbcSettings): SessionTimerPolicy => ({
  expiresSeconds: sessionExpiresSeconds,
  minSeconds: MIN_SECONDS,
});

const knowsTimers = (request: SipRequest): boolean =>
  ["Supported", "Require"].some((name) => hasElement(request, name, TIMER));

/** What our INVITE or UPDATE offers. In a refresh the sides keep their roles. */
export const offerOf = (settings: SbcSettings, timer?: LegTimer): readonly Header[] => [
  SUPPORTED,
  ...sessionTimerOffer(
    policyOf(settings),
    timer?.kind === "session" ? refresherIfWeSend(timer) : undefined,
  ),
];

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
    timer: { kind: "session", ...answer.timer, since: nowMs },
  };
};

/** We refresh by UPDATE: a caller that takes none, and does not say who refreshes, does it itself. */
const namingRefresher = (request: SipRequest): SipRequest => {
  const asked = sessionExpiresOf(request);
  if (asked?.refresher !== undefined || hasElement(request, "Allow", "UPDATE")) return request;
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
    : { kind: "session", ...settledSessionTimer(response, policyOf(settings)), since: nowMs };

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
): Pick<Call, "timers" | "endsAt"> => {
  const { maxCallSeconds } = settings;
  const endsAt =
    call.endsAt ?? (maxCallSeconds === undefined ? undefined : nowMs + maxCallSeconds * 1_000);
  return { timers, ...(endsAt === undefined ? {} : { endsAt }) };
};

/** What comes next on a leg, and when. */
export type Due = { readonly kind: "refresh" | "giveUp" | "keepAlive"; readonly atMs: number };

export const nextOf = (timer: LegTimer): Due | undefined => {
  if (timer.kind === "session") return sessionDeadlineMs(timer, timer.since);
  if (timer.seconds === 0) return undefined;
  return { kind: "keepAlive", atMs: timer.since + timer.seconds * 1_000 };
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
