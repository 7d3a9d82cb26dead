import { isToken, trimBlanks } from "../sip/grammar.ts";
import { canonicalName } from "../sip/header.ts";
import type { Header } from "../sip/header.ts";

/**
 * A message as an application writes it: a start line, the headers that it cares for, and a body. What makes it a SIP
 * message, from Via to CSeq, is put in here.
 */
interface DraftContent {
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export interface RequestDraft extends DraftContent {
  readonly kind: "request";
  readonly method: string;
  readonly uri: string;
}

export interface ResponseDraft extends DraftContent {
  readonly kind: "response";
  readonly status: number;
  readonly reason: string;
}

export type Draft = RequestDraft | ResponseDraft;

const REQUEST_LINE = /^([A-Za-z]+) (\S+) SIP\/2\.0$/;
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: ([^\r\n]*))?$/;

const headersOf = (lines: readonly string[]): readonly Header[] | undefined => {
  const headers: Header[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = canonicalName(trimBlanks(line.slice(0, Math.max(0, colon))));
    if (!isToken(name)) return undefined;
    headers.push({ name, value: trimBlanks(line.slice(colon + 1)) });
  }
  return headers;
};

/** `undefined` for a text that is no message: it is refused, and nothing of it is sent. */
export const draftOf = (text: string): Draft | undefined => {
  const end = text.indexOf("\r\n\r\n");
  const head = end < 0 ? text.replace(/(\r\n)+$/, "") : text.slice(0, end);
  const [startLine = "", ...lines] = head.split("\r\n");
  const headers = headersOf(lines);
  if (headers === undefined) return undefined;
  const body = Buffer.from(end < 0 ? "" : text.slice(end + 4));
  const request = REQUEST_LINE.exec(startLine);
  if (request !== null) {
    const [, method = "", uri = ""] = request;
    return { kind: "request", method: method.toUpperCase(), uri, headers, body };
  }
  const response = STATUS_LINE.exec(startLine);
  if (response === null) return undefined;
  const [, status, reason = ""] = response;
  return { kind: "response", status: Number(status), reason, headers, body };
};
