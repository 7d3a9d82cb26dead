import { paramValue, parseNumber, parseParams } from "./grammar.ts";
import { hasElement, headerValue } from "./header.ts";
import type { Header } from "./header.ts";
import type { SipMessage, SipRequest, SipResponse } from "./message.ts";

/** The option tag of session timers (RFC 4028). */
export const TIMER = "timer";

/** Who sends the refreshes, named by the role in the transaction that settled it. */
export type Refresher = "uac" | "uas";

export interface SessionExpires {
  readonly seconds: number;
  readonly refresher: Refresher | undefined;
}

/** What we want of session timers. */
export interface SessionTimerPolicy {
  /** What we ask for; the recommended value is 1800 (RFC 4028 section 4). */
  readonly expiresSeconds: number;
  /** Less is answered by 422; 90 at least (section 4). */
  readonly minSeconds: number;
}

/** A session timer that both sides know of. */
export interface SessionTimer {
  readonly seconds: number;
  /** Whether this side refreshes. */
  readonly weRefresh: boolean;
}

const ABSOLUTE_MIN_SECONDS = 90;
const LONGEST_SECONDS = 2_147_483_647;

/** Delta-seconds with parameters; `undefined` when missing or malformed, which is as good as missing. */
const secondsOf = (
  message: SipMessage,
  name: string,
): { readonly seconds: number; readonly refresher: string | undefined } | undefined => {
  const [, digits = "", rest = ""] =
    /^(\d+)[ \t]*(;[^]*)?$/.exec(headerValue(message, name) ?? "") ?? [];
  const seconds = parseNumber(digits, LONGEST_SECONDS);
  const params = parseParams(rest);
  if (seconds === undefined || params === undefined) return undefined;
  return { seconds, refresher: paramValue(params, "refresher")?.toLowerCase() };
};

export const sessionExpiresOf = (message: SipMessage): SessionExpires | undefined => {
  const found = secondsOf(message, "Session-Expires");
  if (found === undefined) return undefined;
  const { seconds, refresher } = found;
  return { seconds, refresher: refresher === "uac" || refresher === "uas" ? refresher : undefined };
};

/** Min-SE; 90 seconds when it is missing, malformed or less (section 5). */
export const minSeOf = (message: SipMessage): number =>
  Math.max(secondsOf(message, "Min-SE")?.seconds ?? 0, ABSOLUTE_MIN_SECONDS);

const sessionExpires = (seconds: number, refresher: Refresher | undefined): Header => ({
  name: "Session-Expires",
  value: `${seconds}${refresher === undefined ? "" : `;refresher=${refresher}`}`,
});

const minSe = (seconds: number): Header => ({ name: "Min-SE", value: String(seconds) });

/**
 * What our INVITE or UPDATE carries (section 7.1), besides `timer` in Supported.
 *
 * @param refresher in a refresh the side that has refreshed so far, as it stands in this transaction
 */
export const sessionTimerOffer = (
  { expiresSeconds, minSeconds }: SessionTimerPolicy,
  refresher?: Refresher,
): readonly Header[] => [
  sessionExpires(Math.max(expiresSeconds, minSeconds), refresher),
  ...(minSeconds > ABSOLUTE_MIN_SECONDS ? [minSe(minSeconds)] : []),
];

/** What to ask for after a 422: its Min-SE at least (section 7.4). */
export const afterTooSmall = (
  policy: SessionTimerPolicy,
  response: SipResponse,
): SessionTimerPolicy => {
  const minSeconds = Math.max(policy.minSeconds, minSeOf(response));
  return { minSeconds, expiresSeconds: Math.max(policy.expiresSeconds, minSeconds) };
};

export type SessionTimerAnswer =
  | { readonly kind: "tooSmall"; readonly headers: readonly Header[] }
  | {
      readonly kind: "accepted";
      readonly timer: SessionTimer;
      /** Of the 2xx, besides `timer` in Supported. */
      readonly headers: readonly Header[];
    };

/**
 * How a callee answers an INVITE or UPDATE (section 9, table 2). Who refreshes: the side that a caller names that
 * knows timers; otherwise the callee.
 */
export const answerSessionTimer = (
  request: SipRequest,
  policy: SessionTimerPolicy,
): SessionTimerAnswer => {
  const asked = sessionExpiresOf(request);
  const callerKnows = ["Supported", "Require"].some((name) => hasElement(request, name, TIMER));
  if (asked !== undefined && callerKnows && asked.seconds < policy.minSeconds)
    return { kind: "tooSmall", headers: [minSe(policy.minSeconds)] };
  const seconds = intervalFor(asked?.seconds ?? Infinity, minSeOf(request), policy);
  const refresher = callerKnows && asked?.refresher === "uac" ? "uac" : "uas";
  return {
    kind: "accepted",
    timer: { seconds, weRefresh: refresher === "uas" },
    headers: [
      ...(callerKnows ? [{ name: "Require", value: TIMER }] : []),
      sessionExpires(seconds, refresher),
    ],
  };
};

/** Never more than was asked for, for a proxy may have asked; less if we want so, but not below what anybody forbids. */
const intervalFor = (
  askedSeconds: number,
  forbiddenBelow: number,
  { expiresSeconds, minSeconds }: SessionTimerPolicy,
): number => Math.min(askedSeconds, Math.max(expiresSeconds, forbiddenBelow, minSeconds));

/** A side may answer anything, also 0: then refreshes would follow one another without a pause. */
const FLOOR_SECONDS = 5;

/**
 * What the 2xx of our INVITE or UPDATE settled (section 7.2). A callee that knows no timers says nothing: then we
 * refresh, as often as we asked for.
 */
export const settledSessionTimer = (
  response: SipResponse,
  { expiresSeconds }: SessionTimerPolicy,
): SessionTimer => {
  const settled = sessionExpiresOf(response);
  if (settled === undefined) return { seconds: expiresSeconds, weRefresh: true };
  const seconds = Math.max(settled.seconds, FLOOR_SECONDS);
  return { seconds, weRefresh: settled.refresher !== "uas" };
};

/** The refresher named in the next refresh that we send: the roles stay with the sides, whoever sends it. */
export const refresherIfWeSend = ({ weRefresh }: SessionTimer): Refresher =>
  weRefresh ? "uac" : "uas";

/** After half the interval the refresher refreshes (section 7.2 and 9). */
const REFRESH_AT = 1 / 2;

/** How long before the end the other side gives the session up: a third of the interval, 32 seconds at most. */
const giveUpBeforeSeconds = (seconds: number): number => Math.min(32, seconds / 3);

/**
 * When something is due: a refresh by us, or the BYE of a session that the other side did not refresh (section 10).
 *
 * @param sinceMs the last 2xx of INVITE or UPDATE, milliseconds; the result is on the same clock
 */
export const sessionDeadlineMs = (
  { seconds, weRefresh }: SessionTimer,
  sinceMs: number,
): { readonly kind: "refresh" | "giveUp"; readonly atMs: number } =>
  weRefresh
    ? { kind: "refresh", atMs: sinceMs + seconds * REFRESH_AT * 1_000 }
    : { kind: "giveUp", atMs: sinceMs + (seconds - giveUpBeforeSeconds(seconds)) * 1_000 };

/** When the refresher itself gives up, its refreshes having been answered by nobody: at the end of the interval. */
export const sessionEndMs = ({ seconds }: SessionTimer, sinceMs: number): number =>
  sinceMs + (seconds - giveUpBeforeSeconds(seconds)) * 1_000;
