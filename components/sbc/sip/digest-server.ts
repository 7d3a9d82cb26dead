import { timingSafeEqual } from "node:crypto";
import { algorithmNamed, digestResponse, formatDigest, parseDigest } from "./digest.ts";
import type { DigestAlgorithm, DigestInput, DigestParams, Qop } from "./digest.ts";
import { headerLines } from "./header.ts";
import type { Header } from "./header.ts";
import type { SipRequest } from "./message.ts";
import { checkNonce } from "./nonce.ts";
import type { NonceCounts, NonceSettings } from "./nonce.ts";

/** What a server asks of those it serves. */
export interface DigestPolicy {
  readonly realm: string;
  /** In the order in which they are offered, the preferred one first (RFC 8760 section 2.3). */
  readonly algorithms: readonly DigestAlgorithm[];
  /** Empty for clients of RFC 2069. */
  readonly qops: readonly Qop[];
  /** Whether we speak as a proxy: 407 and its headers. */
  readonly proxy: boolean;
  readonly nonces: NonceSettings;
}

/** One challenge for each algorithm, the preferred one on top. */
export const challengesOf = (
  policy: DigestPolicy,
  nonce: string,
  stale: boolean,
): readonly Header[] =>
  policy.algorithms.map((algorithm) => ({
    name: policy.proxy ? "Proxy-Authenticate" : "WWW-Authenticate",
    value: formatDigest(
      [
        ["realm", policy.realm],
        ["nonce", nonce],
        ["stale", stale ? "TRUE" : undefined],
        ["algorithm", algorithm],
        ["qop", policy.qops.length === 0 ? undefined : policy.qops.join(",")],
      ],
      true,
    ),
  }));

export type Verdict =
  | { readonly kind: "authenticated"; readonly username: string }
  /** Answer 401 or 407 with `challengesOf` a new nonce; `stale` when only the nonce was wrong. */
  | { readonly kind: "challenge"; readonly stale: boolean }
  /** Credentials for our realm that cannot be understood: 400. */
  | { readonly kind: "malformed" };

/** H(A1) of a user of our realm; `undefined` when there is no such user, or no secret for that algorithm. */
export type SecretOf = (username: string, algorithm: DigestAlgorithm) => string | undefined;

/** What a request says about itself, completely. */
interface Credentials {
  readonly username: string;
  readonly response: string;
  readonly input: DigestInput;
}

const CHALLENGE: Verdict = { kind: "challenge", stale: false };
const STALE: Verdict = { kind: "challenge", stale: true };

/**
 * Whether a request comes from whom it says. The `uri` of the credentials may differ from the Request-URI: proxies
 * on the way change the latter (RFC 3261 section 22.4, point 7).
 *
 * @param counts keeps replays out; what was counted on the other node before a takeover is not known
 */
export const verify = (
  request: SipRequest,
  policy: DigestPolicy,
  known: { readonly secretOf: SecretOf; readonly counts: NonceCounts },
  nowMs: number,
): Verdict => {
  const params = ours(request, policy);
  if (params === undefined) return CHALLENGE;
  const credentials = credentialsIn(params, request);
  if (credentials === undefined) return { kind: "malformed" };
  const { input, username } = credentials;
  const secret = known.secretOf(username, input.algorithm);
  if (!isOffered(policy, input) || secret === undefined) return CHALLENGE;
  const nonce = checkNonce(policy.nonces, policy.realm, input.nonce, nowMs);
  if (nonce === "forged" || !equal(digestResponse(secret, input), credentials.response))
    return CHALLENGE;
  return nonce === "good" && isFirst(input, known.counts, nowMs)
    ? { kind: "authenticated", username }
    : STALE;
};

/** Whether the nonce count is not one that came before. */
const isFirst = ({ nonce, protection }: DigestInput, counts: NonceCounts, nowMs: number): boolean =>
  protection === undefined ||
  counts.accept(nonce, Number.parseInt(protection.nonceCount, 16), nowMs);

/** The credentials for our realm; others are meant for others. */
const ours = (request: SipRequest, { proxy, realm }: DigestPolicy): DigestParams | undefined =>
  headerLines(request, proxy ? "Proxy-Authorization" : "Authorization")
    .map(parseDigest)
    .find((params) => params?.get("realm") === realm);

const credentialsIn = (
  params: DigestParams,
  { method, body }: SipRequest,
): Credentials | undefined => {
  const [username, response, nonce, uri] = ["username", "response", "nonce", "uri"].map((name) =>
    params.get(name),
  );
  const algorithm = algorithmNamed(params.get("algorithm"));
  const protection = protectionIn(params);
  if (username === undefined || response === undefined || nonce === undefined) return undefined;
  if (uri === undefined || algorithm === undefined || protection === "malformed") return undefined;
  return { username, response, input: { algorithm, nonce, uri, method, body, protection } };
};

const protectionIn = (params: DigestParams): DigestInput["protection"] | "malformed" => {
  const qop = params.get("qop")?.toLowerCase();
  if (qop === undefined) return undefined;
  const cnonce = params.get("cnonce");
  const nonceCount = params.get("nc") ?? "";
  if (cnonce === undefined || !/^[0-9a-f]{8}$/i.test(nonceCount)) return "malformed";
  return qop === "auth" || qop === "auth-int" ? { qop, cnonce, nonceCount } : "malformed";
};

/** A client has to use one of the qops that it was offered (RFC 7616 section 3.4). */
const isOffered = (policy: DigestPolicy, { algorithm, protection }: DigestInput): boolean =>
  policy.algorithms.includes(algorithm) &&
  (protection === undefined ? policy.qops.length === 0 : policy.qops.includes(protection.qop));

const equal = (expected: string, given: string): boolean => {
  const [a, b] = [Buffer.from(expected), Buffer.from(given.toLowerCase())];
  return a.length === b.length && timingSafeEqual(a, b);
};
