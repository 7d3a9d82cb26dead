import { parseNameAddr } from "../sip/address.ts";
import { afterAnswer, sessionFor } from "../sip/digest-client.ts";
import { paramValue } from "../sip/grammar.ts";
import { headerElements, headerValue } from "../sip/header.ts";
import type { SipResponse } from "../sip/message.ts";
import { parseUri } from "../sip/uri.ts";
import { isRegistered } from "./registration.ts";
import type { Registration } from "./registration.ts";

/** One REGISTER and those that follow from its answers. */
export interface Attempt {
  /** How many REGISTERs of this attempt went before. */
  readonly tries: number;
  /** Whether this one answers a challenge of this attempt. */
  readonly answering: boolean;
  /** Whether it takes the registration away. */
  readonly leaving: boolean;
  /** The password that it was made with. */
  readonly sealed: string;
}

export interface Outcome {
  readonly registration: Registration;
  /** `again`: at once, before what else is due; `gone`: nothing of it is left. */
  readonly next: "later" | "again" | "gone";
}

interface Circumstances {
  readonly nowMs: number;
  /** What was asked for. */
  readonly expiresSeconds: number;
  /** From 0 to 1. */
  readonly chance: number;
}

const MOST_TRIES = 3;
/** Of an account that is gone; then the peer lets the registration expire. */
const MOST_FAREWELLS = 3;
const [FIRST_WAIT_S, LONGEST_WAIT_S] = [30, 1_800];
const LONGEST_INTERVAL_S = 604_800;
/** A registration is renewed after seven to nine tenths of its time, so that those of one moment drift apart. */
const [EARLIEST, SPREAD] = [0.7, 0.2];
/** However long a peer grants: the record in Redis is written anew at least twice a day. */
const LONGEST_REFRESH_S = 43_200;

const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;

/** How many seconds the peer grants our Contact (RFC 3261 section 10.2.4). */
const grantedSeconds = (
  response: SipResponse,
  { number }: Registration,
  expiresSeconds: number,
): number => {
  for (const element of headerElements(response, "Contact")) {
    const address = parseNameAddr(element);
    const uri = address === undefined ? undefined : parseUri(address.uri);
    if (address === undefined || uri?.kind !== "sip" || uri.user !== number) continue;
    const own = whole(paramValue(address.params, "expires"));
    if (own !== undefined) return own;
  }
  return whole(headerValue(response, "Expires")) ?? expiresSeconds;
};

const later = (registration: Registration): Outcome => ({ registration, next: "later" });

const registered = (
  registration: Registration,
  response: SipResponse,
  { nowMs, expiresSeconds, chance }: Circumstances,
): Registration => {
  const seconds = grantedSeconds(response, registration, expiresSeconds);
  const { session } = registration;
  const refreshMs = 1_000 * Math.min(LONGEST_REFRESH_S, seconds * (EARLIEST + SPREAD * chance));
  return {
    ...registration,
    failures: 0,
    reason: undefined,
    expiresAt: nowMs + seconds * 1_000,
    dueAt: nowMs + Math.max(1_000, Math.round(refreshMs)),
    ...(session === undefined ? {} : { session: afterAnswer(session, response) }),
  };
};

/** Waits twice as long after each failure, or as long as the peer asks for (RFC 3261 section 20.33). */
const failed = (
  registration: Registration,
  reason: string,
  { nowMs, chance }: Circumstances,
  retryAfter?: number,
): Outcome => {
  const failures = registration.failures + 1;
  if (
    registration.leaving === true &&
    (failures >= MOST_FAREWELLS || !isRegistered(registration, nowMs))
  )
    return { registration, next: "gone" };
  const longest = Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (failures - 1));
  const seconds =
    retryAfter === undefined
      ? longest * (1 - chance / 2)
      : Math.min(LONGEST_WAIT_S, Math.max(1, retryAfter));
  return later({ ...registration, failures, reason, dueAt: nowMs + Math.round(seconds * 1_000) });
};

const challenged = (
  registration: Registration,
  attempt: Attempt,
  response: SipResponse,
  at: Circumstances,
): Outcome => {
  const { session: previous, realm } = registration;
  const bare = { ...registration, session: undefined };
  // What was answered by an old nonce is no wrong password yet.
  const asked = sessionFor(response, undefined);
  const session = attempt.answering ? sessionFor(response, previous) : asked;
  if (asked === undefined) return failed(bare, "asks for a password in a way unknown here", at);
  if (realm !== undefined && asked.realm !== realm)
    return failed(bare, `asks for the password of another realm: ${asked.realm}`, at);
  if (session === undefined || attempt.tries >= MOST_TRIES)
    return failed(bare, "user name or password is wrong", at);
  return { registration: { ...bare, session }, next: "again" };
};

const tooBrief = (
  registration: Registration,
  { tries }: Attempt,
  response: SipResponse,
  at: Circumstances,
): Outcome => {
  const least = whole(headerValue(response, "Min-Expires")) ?? 0;
  if (least <= at.expiresSeconds || least > LONGEST_INTERVAL_S || tries >= MOST_TRIES)
    return failed(registration, `423 ${response.reason}`, at);
  return { registration: { ...registration, minExpires: least }, next: "again" };
};

/** The account has gone, come back or changed while the REGISTER was under way. */
const overtaken = (
  registration: Registration,
  { leaving }: Attempt,
  response: SipResponse | undefined,
  at: Circumstances,
): Outcome => {
  if (response === undefined || response.status >= 300)
    return later({ ...registration, dueAt: at.nowMs });
  const known = leaving
    ? { ...registration, expiresAt: undefined }
    : registered(registration, response, at);
  return later({ ...known, dueAt: at.nowMs });
};

/**
 * What follows from the answer to a REGISTER.
 *
 * @param response undefined when none came in 64*T1, or when it could not be sent
 */
export const afterRegister = (
  registration: Registration,
  attempt: Attempt,
  response: SipResponse | undefined,
  at: Circumstances,
): Outcome => {
  const isLeaving = registration.leaving === true;
  if (attempt.leaving !== isLeaving || attempt.sealed !== registration.sealed)
    return overtaken(registration, attempt, response, at);
  if (response === undefined) return failed(registration, "does not answer", at);
  const { status, reason } = response;
  if (status < 300) return settled(registration, response, at);
  if (status === 401 || status === 407) return challenged(registration, attempt, response, at);
  if (status === 423) return tooBrief(registration, attempt, response, at);
  const retryAfter = whole(/^\d+/.exec(headerValue(response, "Retry-After") ?? "")?.[0]);
  return failed(registration, `${status} ${reason}`, at, retryAfter);
};

const settled = (registration: Registration, response: SipResponse, at: Circumstances): Outcome => {
  if (registration.leaving === true) return { registration, next: "gone" };
  const next = registered(registration, response, at);
  return next.expiresAt === at.nowMs
    ? failed({ ...registration, expiresAt: undefined }, "answers that it is not registered", at)
    : later(next);
};
