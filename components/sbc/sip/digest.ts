import { createHash } from "node:crypto";
import { isToken, quote, splitList, trimBlanks, unquote } from "./grammar.ts";

/** The algorithms of RFC 8760 and RFC 7616, the strongest first: the order in which challenges are sent. */
export const DIGEST_ALGORITHMS = [
  "SHA-512-256",
  "SHA-512-256-sess",
  "SHA-256",
  "SHA-256-sess",
  "MD5",
  "MD5-sess",
] as const;

export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

/** What the response protects: the request line, or the body as well. Absent for a peer of RFC 2069. */
export type Qop = "auth" | "auth-int";

const NAMES: ReadonlyMap<string, DigestAlgorithm> = new Map(
  DIGEST_ALGORITHMS.map((name) => [name.toLowerCase(), name]),
);

/** The algorithm of that name, in any case of letters; MD5 when a challenge names none. */
export const algorithmNamed = (name = "MD5"): DigestAlgorithm | undefined =>
  NAMES.get(name.toLowerCase());

const HASHES: Readonly<Record<DigestAlgorithm, string>> = {
  "SHA-512-256": "sha512-256",
  "SHA-512-256-sess": "sha512-256",
  "SHA-256": "sha256",
  "SHA-256-sess": "sha256",
  MD5: "md5",
  "MD5-sess": "md5",
};

const hash = (algorithm: DigestAlgorithm, data: string | Uint8Array): string =>
  createHash(HASHES[algorithm]).update(data).digest("hex");

/** H(A1) of a user without the part that `-sess` adds: what a database may hold instead of the password. */
export const ha1Of = (
  algorithm: DigestAlgorithm,
  user: { readonly username: string; readonly realm: string; readonly password: string },
): string => hash(algorithm, `${user.username}:${user.realm}:${user.password}`);

/** Everything that a digest is computed from (RFC 7616 section 3.4.1), besides the user's secret. */
export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly nonce: string;
  /** The `uri` of the credentials. */
  readonly uri: string;
  readonly method: string;
  readonly body: Uint8Array;
  /** Absent for a peer of RFC 2069. */
  readonly protection:
    { readonly qop: Qop; readonly cnonce: string; readonly nonceCount: string } | undefined;
}

/** @param ha1 of the same algorithm, as `ha1Of` makes it */
export const digestResponse = (ha1: string, input: DigestInput): string => {
  const { algorithm, nonce, uri, method, body, protection } = input;
  const session = algorithm.endsWith("-sess")
    ? hash(algorithm, `${ha1}:${nonce}:${protection?.cnonce ?? ""}`)
    : ha1;
  const entity = protection?.qop === "auth-int" ? `:${hash(algorithm, body)}` : "";
  const ha2 = hash(algorithm, `${method}:${uri}${entity}`);
  const middle =
    protection === undefined
      ? nonce
      : `${nonce}:${protection.nonceCount}:${protection.cnonce}:${protection.qop}`;
  return hash(algorithm, `${session}:${middle}:${ha2}`);
};

/** The parameters behind `Digest`, by name in lower case, without quotes. */
export type DigestParams = ReadonlyMap<string, string>;

/** `undefined` for another scheme, and for what breaks the grammar or says something twice. */
export const parseDigest = (text: string): DigestParams | undefined => {
  const scheme = /^Digest[ \t]+/i.exec(text)?.[0];
  if (scheme === undefined) return undefined;
  const params = new Map<string, string>();
  for (const part of splitList(text.slice(scheme.length))) {
    const equals = part.indexOf("=");
    const name = trimBlanks(part.slice(0, Math.max(0, equals))).toLowerCase();
    const value = trimBlanks(part.slice(equals + 1));
    if (!isToken(name) || params.has(name) || !isParamValue(value)) return undefined;
    params.set(name, unquote(value));
  }
  return params;
};

/** Peers leave quotes out where the grammar wants them, and the other way round. */
const isParamValue = (value: string): boolean =>
  /^"(?:[^"\\]|\\[^])*"$/.test(value) || /^[^"\s,]+$/.test(value);

/** Names whose values stand without quotes (RFC 3261 section 25.1); in a challenge `qop` has them. */
const BARE = new Set(["algorithm", "nc", "stale"]);

export const formatDigest = (
  params: readonly (readonly [string, string | undefined])[],
  qopQuoted: boolean,
): string => {
  const parts = params.flatMap(([name, value]) => {
    if (value === undefined) return [];
    const bare = BARE.has(name) || (name === "qop" && !qopQuoted);
    return [`${name}=${bare ? value : quote(value)}`];
  });
  return `Digest ${parts.join(", ")}`;
};
