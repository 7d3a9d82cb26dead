/** A header line: name as written, value without the surrounding white space. */
export type Header = readonly [name: string, value: string];

export interface SipRequest {
  readonly kind: "request";
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: string;
}

export interface SipResponse {
  readonly kind: "response";
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: string;
}

export type SipMessage = SipRequest | SipResponse;

/** RFC 3261, 7.3.3: one letter for a longer name. */
const COMPACT: Readonly<Record<string, string>> = {
  v: "via",
  f: "from",
  t: "to",
  i: "call-id",
  m: "contact",
  l: "content-length",
  c: "content-type",
  k: "supported",
};

const sameName = (written: string, wanted: string): boolean => {
  const name = written.toLowerCase();
  return (COMPACT[name] ?? name) === wanted.toLowerCase();
};

const REQUEST_LINE = /^([A-Z]+) (\S+) SIP\/2\.0$/;
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d) ?(.*)$/;
const HEADER_LINE = /^([^\s:]+)\s*:\s*(.*)$/;

const parseHeaders = (lines: readonly string[]): readonly Header[] | undefined => {
  const headers: [string, string][] = [];
  for (const line of lines) {
    const last = headers.at(-1);
    if (/^[ \t]/.test(line) && last !== undefined) {
      last[1] = `${last[1]} ${line.trim()}`;
      continue;
    }
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    headers.push([name, value.trim()]);
  }
  return headers;
};

/**
 * Reads one datagram.
 *
 * @returns undefined when it is no SIP message that a phone could answer
 */
export const parseMessage = (datagram: string): SipMessage | undefined => {
  const end = datagram.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = datagram.slice(0, end).split("\r\n");
  const headers = parseHeaders(lines);
  if (headers === undefined) return undefined;
  const body = datagram.slice(end + 4);
  const [, method, uri] = REQUEST_LINE.exec(first) ?? [];
  if (method !== undefined && uri !== undefined)
    return { kind: "request", method, uri, headers, body };
  const [, status, reason] = STATUS_LINE.exec(first) ?? [];
  if (status === undefined) return undefined;
  return { kind: "response", status: Number(status), reason: reason ?? "", headers, body };
};

/** The message as it goes on the wire, Content-Length included. */
export const formatMessage = (message: SipMessage): string => {
  const first =
    message.kind === "request"
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  const lines = message.headers.map(([name, value]) => `${name}: ${value}`);
  const length = `Content-Length: ${Buffer.byteLength(message.body)}`;
  return [first, ...lines, length, "", message.body].join("\r\n");
};

/** The first value of a header; empty when it is not there. */
export const headerOf = (message: SipMessage, name: string): string =>
  message.headers.find(([written]) => sameName(written, name))?.[1] ?? "";

/** Every value of a header that may be repeated or hold a list, in order. */
export const headersOf = (message: SipMessage, name: string): readonly string[] =>
  message.headers
    .filter(([written]) => sameName(written, name))
    .flatMap(([, value]) => splitList(value));

/** Splits at the commas that stand outside of quotes and angle brackets. */
const splitList = (value: string): readonly string[] =>
  (value.match(/(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,"<])+/g) ?? []).map((part) => part.trim());

/** A parameter of a header value, e.g. `tag` of From or `branch` of Via; empty when it is not there. */
export const parameterOf = (value: string, name: string): string => {
  const parameters = value
    .replace(/<[^>]*>/, "")
    .split(";")
    .slice(1);
  for (const parameter of parameters) {
    const [key = "", ...rest] = parameter.split("=");
    if (key.trim().toLowerCase() === name.toLowerCase()) return rest.join("=").trim();
  }
  return "";
};

/** The URI of a name-addr or addr-spec. */
export const uriOf = (value: string): string =>
  /<([^>]*)>/.exec(value)?.[1] ?? value.split(";")[0]?.trim() ?? "";

export const cseqOf = (
  message: SipMessage,
): { readonly number: number; readonly method: string } => {
  const [number = "0", method = ""] = headerOf(message, "CSeq").split(/\s+/);
  return { number: Number(number), method };
};

/** An IPv6 address as it stands in a URI. */
export const bracketed = (address: string): string =>
  address.includes(":") ? `[${address}]` : address;
