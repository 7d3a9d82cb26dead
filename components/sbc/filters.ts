import { headerElements, headerValue } from "./sip/header.ts";
import type { SipMessage, SipRequest } from "./sip/message.ts";
import { filteredDescription } from "./media-filter.ts";

/** What may be kept out of session descriptions, besides codecs. */
export type MediaFeature = "video" | "ice" | "srtp";

const FEATURES: readonly MediaFeature[] = ["video", "ice", "srtp"];

/** What passes from one side of a call to the other, by the lists of the domain and of the peer; names in lower case. */
export interface Filter {
  /** Headers that pass besides the usual ones. */
  readonly allow?: readonly string[] | undefined;
  /** Headers that do not, though they are usual. */
  readonly deny?: readonly string[] | undefined;
  /** The only codecs; absent for all. */
  readonly codecs?: readonly string[] | undefined;
  /** Features of media that are kept out. */
  readonly media?: readonly MediaFeature[] | undefined;
  /** The callee is outside of our trust domain (RFC 3325 section 2.3). */
  readonly untrusted?: true | undefined;
}

/** As the proxy tells us. They pass to nobody. */
const TOLD = {
  allow: "P-NGCP-Header-Allow",
  deny: "P-NGCP-Header-Deny",
  codecs: "P-NGCP-Media-Codecs",
  media: "P-NGCP-Media-Deny",
} as const;

const listOf = (invite: SipRequest, name: string): readonly string[] | undefined => {
  const elements = headerElements(invite, name).map((each) => each.toLowerCase());
  return elements.length === 0 ? undefined : elements;
};

/** The filter of a new call; undefined where the proxy names none. */
export const filterOf = (invite: SipRequest): Filter | undefined => {
  const [allow, deny, codecs] = [TOLD.allow, TOLD.deny, TOLD.codecs].map((name) =>
    listOf(invite, name),
  );
  const denied = listOf(invite, TOLD.media);
  const media = denied === undefined ? undefined : FEATURES.filter((each) => denied.includes(each));
  const untrusted = headerValue(invite, "P-NGCP-Untrusted") === "1" ? true : undefined;
  const named = Object.entries({ allow, deny, codecs, media, untrusted }).filter(
    ([, value]) => value !== undefined,
  );
  return named.length === 0 ? undefined : Object.fromEntries(named);
};

/** What each message makes for itself, or what tells of the way or of a leg's own business: no list lets it pass. */
const NEVER = new Set([
  ...["via", "from", "to", "call-id", "cseq", "contact", "max-forwards", "content-length"],
  ...["route", "record-route", "path", "service-route", "supported", "require"],
  ...["proxy-require", "unsupported", "allow", "session-expires", "min-se", "rseq", "rack"],
  ...["authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate"],
  ...["authentication-info", "server", "replaces", "th"],
]);

/** What says how the body is to be read: no list keeps it out. */
const ALWAYS = /^(content-|mime-version$)/;

/** Whether a header passes, that is one of the usual ones or not. */
export const passes = (name: string, isUsual: boolean, filter: Filter | undefined): boolean => {
  if (filter === undefined) return isUsual;
  const lower = name.toLowerCase();
  if (ALWAYS.test(lower)) return isUsual;
  if (filter.deny?.includes(lower) === true) return false;
  const isLet = filter.allow?.includes(lower) === true && !NEVER.has(lower);
  return isUsual || (isLet && !lower.startsWith("p-ngcp-"));
};

const SDP = /^application\/sdp[ \t]*(;|$)/i;

/** The body as the other side gets it: a session description without what the filter keeps out. */
export const filteredBody = (message: SipMessage, filter: Filter | undefined): Uint8Array => {
  const { body } = message;
  if (filter?.codecs === undefined && filter?.media === undefined) return body;
  if (body.length === 0 || !SDP.test(headerValue(message, "Content-Type") ?? "")) return body;
  // One character for each byte: what is no ASCII passes as it came.
  const text = Buffer.from(body).toString("latin1");
  return Buffer.from(filteredDescription(text, filter), "latin1");
};
