import { parseNameAddr } from "./address.ts";
import type { NameAddr } from "./address.ts";
import { isToken, parseNumber } from "./grammar.ts";
import { headerLines, headerValue } from "./header.ts";
import type { Header } from "./header.ts";
import { parseVias } from "./via.ts";
import type { Via } from "./via.ts";

/** The sequence number is from 0 to 2^31 - 1 (RFC 3261 section 8.1.1.5). */
export interface CSeq {
  readonly sequence: number;
  readonly method: string;
}

/** What each message has, taken from its headers once; `headers` holds them too, in their order. */
export interface Essentials {
  /** From the top down. */
  readonly vias: readonly [Via, ...Via[]];
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly callId: string;
  readonly cseq: CSeq;
}

const MAX_SEQUENCE = 2_147_483_647;
const CSEQ = /^(\d+)[ \t]+([^ \t]+)$/;

/** `undefined` when the text is no CSeq, or its number is 2^31 or more. */
export const parseCSeq = (text: string): CSeq | undefined => {
  const [, digits = "", method = ""] = CSEQ.exec(text) ?? [];
  const sequence = parseNumber(digits, MAX_SEQUENCE);
  return sequence === undefined || !isToken(method) ? undefined : { sequence, method };
};

/** The essential headers of a message, or which of them is missing or malformed, as a reason phrase. */
export const essentialsIn = (headers: readonly Header[]): Essentials | string => {
  const lines = headerLines({ headers }, "Via");
  if (lines.length === 0) return "Missing Via";
  const [top, ...below] = parseVias(lines.join(",")) ?? [];
  if (top === undefined) return "Malformed Via";
  const from = parsed(headers, "From", parseNameAddr);
  if (typeof from === "string") return from;
  const to = parsed(headers, "To", parseNameAddr);
  if (typeof to === "string") return to;
  const cseq = parsed(headers, "CSeq", parseCSeq);
  if (typeof cseq === "string") return cseq;
  const callId = headerValue({ headers }, "Call-ID");
  return callId === undefined
    ? "Missing Call-ID"
    : { vias: [top, ...below], from, to, callId, cseq };
};

const parsed = <Value extends object>(
  headers: readonly Header[],
  name: string,
  parse: (text: string) => Value | undefined,
): Value | string => {
  const text = headerValue({ headers }, name);
  return text === undefined ? `Missing ${name}` : (parse(text) ?? `Malformed ${name}`);
};
