import { createHash } from "node:crypto";

/** A challenge of RFC 2617 as Kamailio sends it: MD5, with or without qop=auth. */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly qop: boolean;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** What the subscriber table keeps instead of the password. */
export const ha1Of = ({ user, password }: Credentials, realm: string): string =>
  md5(`${user}:${realm}:${password}`);

const field = (header: string, name: string): string =>
  new RegExp(`(?:^|[\\s,])${name}=(?:"([^"]*)"|([^\\s,]+))`, "i")
    .exec(header)
    ?.slice(1)
    .find(Boolean) ?? "";

/** Reads WWW-Authenticate or Proxy-Authenticate; undefined when it holds no challenge. */
export const parseChallenge = (header: string): Challenge | undefined => {
  const nonce = field(header, "nonce");
  if (nonce === "") return undefined;
  return { realm: field(header, "realm"), nonce, qop: field(header, "qop") !== "" };
};

/** The value of Authorization or Proxy-Authorization for the `count`th request with this nonce. */
export const authorize = (
  credentials: Credentials,
  challenge: Challenge,
  request: { readonly method: string; readonly uri: string; readonly count: number },
): string => {
  const { realm, nonce, qop } = challenge;
  const ha1 = ha1Of(credentials, realm);
  const ha2 = md5(`${request.method}:${request.uri}`);
  const start = `Digest username="${credentials.user}", realm="${realm}", nonce="${nonce}", uri="${request.uri}", algorithm=MD5`;
  if (!qop) return `${start}, response="${md5(`${ha1}:${nonce}:${ha2}`)}"`;
  const nc = request.count.toString(16).padStart(8, "0");
  const cnonce = md5(`${nonce}:${nc}`).slice(0, 16);
  const response = md5(`${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}`);
  return `${start}, qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`;
};
