import { algorithmNamed, digestResponse, formatDigest, ha1Of, parseDigest } from "./digest.ts";
import type { DigestAlgorithm, DigestParams, Qop } from "./digest.ts";
import { headerLines, headerValue } from "./header.ts";
import type { Header } from "./header.ts";
import type { SipRequest, SipResponse } from "./message.ts";

/** Who we are towards a peer. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/**
 * What a server asked for, and how often we answered. Plain data: it is replicated with its registration or leg, so
 * that after a takeover requests need no new challenge.
 */
export interface DigestSession {
  /** The header that carries the credentials. */
  readonly header: "Authorization" | "Proxy-Authorization";
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  readonly qop: Qop | undefined;
  /** How many requests were sent with this nonce. */
  readonly nonceCount: number;
}

/**
 * The session for a 401 or 407: the topmost challenge that can be answered (RFC 8760 section 2.4). `undefined` when
 * there is none, or when the credentials of `previous` were refused: the same realm asks again and does not say that
 * the nonce is stale.
 */
export const sessionFor = (
  response: SipResponse,
  previous: DigestSession | undefined,
): DigestSession | undefined => {
  const proxy = response.status === 407;
  const name = proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
  const header = proxy ? "Proxy-Authorization" : "Authorization";
  for (const line of headerLines(response, name)) {
    const params = parseDigest(line) ?? NO_PARAMS;
    const session = sessionIn(params, header);
    if (session === undefined) continue;
    const stale = params.get("stale")?.toLowerCase() === "true";
    return previous?.realm === session.realm && !stale ? undefined : session;
  }
  return undefined;
};

const NO_PARAMS: DigestParams = new Map();

/** `undefined` when the challenge is none, or asks for what we do not have. */
const sessionIn = (
  params: DigestParams,
  header: DigestSession["header"],
): DigestSession | undefined => {
  const realm = params.get("realm");
  const nonce = params.get("nonce");
  const algorithm = algorithmNamed(params.get("algorithm"));
  const qop = chosenQop(params.get("qop"));
  if (realm === undefined || nonce === undefined || algorithm === undefined) return undefined;
  // The -sess algorithms need a cnonce, which only a qop brings.
  if (qop === "none of ours" || (qop === undefined && algorithm.endsWith("-sess")))
    return undefined;
  return { header, realm, nonce, opaque: params.get("opaque"), algorithm, qop, nonceCount: 0 };
};

/** `auth` is enough where the server leaves the choice: bodies are changed by proxies on the way. */
const chosenQop = (offered: string | undefined): Qop | undefined | "none of ours" => {
  if (offered === undefined) return undefined;
  const options = offered.toLowerCase().split(/[ \t]*,[ \t]*/);
  if (options.includes("auth")) return "auth";
  return options.includes("auth-int") ? "auth-int" : "none of ours";
};

/** The header that authenticates `request`, and the session for the next one: each counts the nonce up. */
export const authorize = (
  session: DigestSession,
  account: Account,
  request: Pick<SipRequest, "method" | "uri" | "body">,
  cnonce: string,
): { readonly header: Header; readonly session: DigestSession } => {
  const { realm, nonce, opaque, algorithm, qop } = session;
  const { username, password } = account;
  const { method, uri, body } = request;
  const nonceCount = session.nonceCount + 1;
  const nc = nonceCount.toString(16).padStart(8, "0");
  const protection = qop === undefined ? undefined : { qop, cnonce, nonceCount: nc };
  const ha1 = ha1Of(algorithm, { username, realm, password });
  const input = { algorithm, nonce, uri, method, body, protection };
  const value = formatDigest(
    [
      ["username", username],
      ["realm", realm],
      ["nonce", nonce],
      ["uri", uri],
      ["response", digestResponse(ha1, input)],
      ["algorithm", algorithm],
      ["cnonce", protection?.cnonce],
      ["opaque", opaque],
      ["qop", qop],
      ["nc", protection?.nonceCount],
    ],
    false,
  );
  return { header: { name: session.header, value }, session: { ...session, nonceCount } };
};

/** The session after an answer: with the nonce that `Authentication-Info` names for the next request, if it does. */
export const afterAnswer = (session: DigestSession, response: SipResponse): DigestSession => {
  const info = headerValue(response, "Authentication-Info");
  const next = info === undefined ? undefined : parseDigest(`Digest ${info}`)?.get("nextnonce");
  return next === undefined ? session : { ...session, nonce: next, nonceCount: 0 };
};
