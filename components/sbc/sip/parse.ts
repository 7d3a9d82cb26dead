import { isUtf8 } from "node:buffer";
import { essentialsIn } from "./essentials.ts";
import { isToken, trimBlanks } from "./grammar.ts";
import { canonicalName } from "./header.ts";
import type { Header } from "./header.ts";
import type { SipMessage } from "./message.ts";
import { complaintAbout } from "./rules.ts";
import { isUri } from "./uri.ts";

/** Bytes that are no SIP message, with what could be made out of them: enough for an answer where one is due. */
export interface Malformed {
  readonly kind: "malformed";
  /** 400, or 505 for another version of SIP. */
  readonly status: number;
  /** A reason phrase that names the fault. */
  readonly reason: string;
  /** The method when it is a request; `undefined` for a response and for anything else, which nobody answers. */
  readonly method: string | undefined;
  /** The header fields that could be told apart. */
  readonly headers: readonly Header[];
}

type StartLine =
  | { readonly kind: "request"; readonly method: string; readonly uri: string }
  | { readonly kind: "response"; readonly status: number; readonly reason: string };

const CR = 0x0d;
const LF = 0x0a;
/** A control character may stand behind a backslash in a quoted-string and nowhere else. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const UNQUOTED_CONTROL = /(?:^|[^\\])[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const STATUS_LINE = /^[sS][iI][pP]\/2\.0 ([1-6]\d\d) ([^\r\n]*)$/;
const REQUEST_LINE = /^([^ ]+) ([^ ]+) [sS][iI][pP]\/(\d+\.\d+)$/;

/**
 * One datagram as a message. Never throws: what breaks the grammar of RFC 3261 comes back as {@link Malformed}.
 * Text that is not UTF-8 is taken for ISO 8859-1. Octets behind the Content-Length are dropped (section 18.3).
 */
export const parseMessage = (bytes: Uint8Array): SipMessage | Malformed => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = skipLineEnds(buffer);
  const end = buffer.indexOf("\r\n\r\n", start, "latin1");
  const head = buffer.subarray(start, end < 0 ? buffer.length : end + 2);
  const text = head.toString(isUtf8(head) ? "utf8" : "latin1");
  const { lines, whole } = splitLines(text);
  const startLine = parseStartLine(lines[0] ?? "");
  const { headers, fault } = parseHeaders(lines);
  if ("fault" in startLine) return { ...startLine.fault, headers };
  const refuse = (reason: string): Malformed => ({
    kind: "malformed",
    status: 400,
    reason,
    method: startLine.kind === "request" ? startLine.method : undefined,
    headers,
  });
  if (end < 0 || !whole) return refuse("Malformed Header Section");
  if (fault !== undefined) return refuse(fault);
  if (CONTROL.test(text) && UNQUOTED_CONTROL.test(text)) return refuse("Control Character");
  return assemble(startLine, headers, buffer.subarray(end + 4), refuse);
};

/** A server ignores line ends before the start line (section 7.5). */
const skipLineEnds = (buffer: Buffer): number => {
  let at = 0;
  while (buffer[at] === CR && buffer[at + 1] === LF) at += 2;
  return at;
};

/** The unfolded lines of the head; not `whole` when a CR or LF stands alone, or the last line has no end. */
const splitLines = (text: string): { lines: readonly string[]; whole: boolean } => {
  const lines: string[] = [];
  let at = 0;
  while (at < text.length) {
    const cr = text.indexOf("\r", at);
    const lf = text.indexOf("\n", at);
    if (cr < 0 || lf !== cr + 1) return { lines: [...lines, text.slice(at)], whole: false };
    addLine(lines, text.slice(at, cr));
    at = lf + 1;
  }
  return { lines, whole: true };
};

/** A line that begins with a blank goes on with the line before it (section 7.3.1). */
const addLine = (lines: string[], line: string): void => {
  const before = lines.at(-1);
  if (before !== undefined && lines.length > 1 && (line.startsWith(" ") || line.startsWith("\t")))
    lines[lines.length - 1] = `${before} ${trimBlanks(line)}`;
  else lines.push(line);
};

const parseStartLine = (line: string): StartLine | { fault: Omit<Malformed, "headers"> } => {
  const response = STATUS_LINE.exec(line);
  if (response !== null)
    return { kind: "response", status: Number(response[1]), reason: response[2] ?? "" };
  const request = REQUEST_LINE.exec(line);
  if (request === null) return { fault: startLineFault(line, false) };
  const [, method = "", uri = "", version] = request;
  if (version === "2.0" && isToken(method) && isRequestUri(uri))
    return { kind: "request", method, uri };
  return { fault: startLineFault(line, version !== "2.0") };
};

/** It holds no headers: taking them over would let a peer write into our requests (RFC 4475 section 3.1.2.11). */
const isRequestUri = (uri: string): boolean => isUri(uri) && !/^sips?:.*\?[^@]*$/i.test(uri);

/** A line that ends like a request gets an answer; a response, or no SIP at all, gets none. */
const startLineFault = (line: string, otherVersion: boolean): Omit<Malformed, "headers"> => {
  const looksLikeRequest = /^[^ ]+ .*SIP\/\d+\.\d+[ \t]*$/i.test(line);
  const method = looksLikeRequest ? line.slice(0, line.indexOf(" ")) : undefined;
  return otherVersion
    ? { kind: "malformed", status: 505, reason: "Version Not Supported", method }
    : { kind: "malformed", status: 400, reason: "Malformed Start Line", method };
};

const parseHeaders = (
  lines: readonly string[],
): { headers: readonly Header[]; fault: string | undefined } => {
  const headers: Header[] = [];
  let fault: string | undefined;
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const colon = line.indexOf(":");
    const name = canonicalName(trimBlanks(line.slice(0, Math.max(0, colon))));
    if (isToken(name)) headers.push({ name, value: trimBlanks(line.slice(colon + 1)) });
    else fault ??= "Malformed Header Field";
  }
  return { headers, fault };
};

const assemble = (
  startLine: StartLine,
  headers: readonly Header[],
  rest: Uint8Array,
  refuse: (reason: string) => Malformed,
): SipMessage | Malformed => {
  const complaint = complaintAbout(headers);
  if (complaint !== undefined) return refuse(complaint);
  const essentials = essentialsIn(headers);
  if (typeof essentials === "string") return refuse(essentials);
  if (startLine.kind === "request" && essentials.cseq.method !== startLine.method)
    return refuse("CSeq Method Mismatch");
  const stated = headers.findIndex(({ name }) => name === "Content-Length");
  const length = stated < 0 ? rest.length : Number(headers[stated]?.value);
  if (length > rest.length) return refuse("Content-Length Exceeds Message");
  // Written out: spreading costs an eighth of the parser's time.
  const { vias, from, to, callId, cseq } = essentials;
  const others = stated < 0 ? headers : headers.toSpliced(stated, 1);
  const body = rest.subarray(0, length);
  if (startLine.kind === "response") {
    const { kind, status, reason } = startLine;
    return { kind, status, reason, vias, from, to, callId, cseq, headers: others, body };
  }
  const { kind, method, uri } = startLine;
  return { kind, method, uri, vias, from, to, callId, cseq, headers: others, body };
};
