import { parseNumber } from "./grammar.ts";
import { headerElements, headerLines, headerValue } from "./header.ts";
import type { Header } from "./header.ts";
import { METHODS } from "./message.ts";
import type { SipRequest } from "./message.ts";
import type { Answer } from "./responses.ts";
import { parseUri } from "./uri.ts";

/** What a server can do, as it says in Allow, Supported and Accept. */
export interface Capabilities {
  readonly methods: readonly string[];
  readonly optionTags: readonly string[];
  /** Bodies of INVITE, UPDATE and PRACK: `application/sdp` and what else is understood. */
  readonly contentTypes: readonly string[];
  /** Of the Request-URI, in lower case. */
  readonly schemes: readonly string[];
}

type Check = (request: SipRequest, capabilities: Capabilities) => Answer | undefined;

const list = (name: string, elements: readonly string[]): Header => ({
  name,
  value: elements.join(", "),
});

const lowered = (texts: readonly string[]): readonly string[] =>
  texts.map((text) => text.toLowerCase());

/** 8.2.1: a method that we know is not allowed here; one that nobody has heard of is not implemented. */
const method: Check = (request, { methods }) => {
  if (methods.includes(request.method)) return undefined;
  const known = METHODS.some((name) => name === request.method);
  return { status: known ? 405 : 501, headers: [list("Allow", methods)] };
};

const scheme: Check = (request, { schemes }) => {
  const uri = parseUri(request.uri);
  const name = uri?.kind === "sip" ? uri.scheme : uri?.scheme;
  return name !== undefined && schemes.includes(name) ? undefined : { status: 416 };
};

const hops: Check = (request) => (remainingHops(request) === 0 ? { status: 483 } : undefined);

/** 8.2.2.3: ACK and CANCEL are never refused for what they require. */
const required: Check = (request, { optionTags }) => {
  if (request.method === "CANCEL" || request.method === "ACK") return undefined;
  const known = new Set(lowered(optionTags));
  const unsupported = ["Require", "Proxy-Require"]
    .flatMap((name) => headerElements(request, name))
    .filter((tag) => !known.has(tag.toLowerCase()));
  return unsupported.length === 0
    ? undefined
    : { status: 420, headers: [list("Unsupported", unsupported)] };
};

const WITH_SESSION = new Set(["INVITE", "UPDATE", "PRACK"]);

const withoutParams = (type: string): string =>
  type
    .replace(/[ \t]*;[^]*$/, "")
    .replace(/[ \t]/g, "")
    .toLowerCase();

/** 8.2.3: a body of a type that we do not understand, unless it may be left aside. */
const content: Check = (request, { contentTypes }) => {
  if (!WITH_SESSION.has(request.method) || request.body.length === 0) return undefined;
  const optional = /;[ \t]*handling[ \t]*=[ \t]*optional/i;
  if (optional.test(headerValue(request, "Content-Disposition") ?? "")) return undefined;
  const encodings = headerElements(request, "Content-Encoding");
  if (encodings.some((encoding) => encoding.toLowerCase() !== "identity"))
    return { status: 415, headers: [list("Accept-Encoding", ["identity"])] };
  const type = withoutParams(headerValue(request, "Content-Type") ?? "");
  return contentTypes.includes(type)
    ? undefined
    : { status: 415, headers: [list("Accept", contentTypes)] };
};

/** 20.1: a caller that takes no session description can be given none. */
const acceptable: Check = (request) => {
  if (request.method !== "INVITE" || headerLines(request, "Accept").length === 0) return undefined;
  const taken = headerElements(request, "Accept").map(withoutParams);
  const fits = ["application/sdp", "application/*", "*/*"].some((type) => taken.includes(type));
  return fits ? undefined : { status: 406 };
};

const CHECKS: readonly Check[] = [method, hops, scheme, required, content, acceptable];

/**
 * Why a request outside of a dialog is refused before anybody looks at what it is about (RFC 3261 section 8.2), as
 * the answer to it; `undefined` when it is not. What the parser refuses never comes here.
 */
export const refusalOf = (request: SipRequest, capabilities: Capabilities): Answer | undefined => {
  for (const check of CHECKS) {
    const answer = check(request, capabilities);
    if (answer !== undefined) return answer;
  }
  return undefined;
};

const DEFAULT_HOPS = 70;

const remainingHops = (request: SipRequest): number =>
  parseNumber(headerValue(request, "Max-Forwards") ?? "", 255) ?? DEFAULT_HOPS;

/** Max-Forwards of a request that is handed on: one less than it came with, or 70 where there was none. */
export const maxForwardsAfter = (request: SipRequest): Header => ({
  name: "Max-Forwards",
  value: String(
    headerValue(request, "Max-Forwards") === undefined
      ? DEFAULT_HOPS
      : Math.max(0, remainingHops(request) - 1),
  ),
});
