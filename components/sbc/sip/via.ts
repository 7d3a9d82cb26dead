import {
  formatParams,
  parseNumber,
  parseParams,
  paramValue,
  splitList,
  withParam,
} from "./grammar.ts";
import { PORT, TOKEN_CHARS } from "./grammar.ts";
import type { Param } from "./grammar.ts";

/** One hop of a Via (RFC 3261 section 20.42). */
export interface Via {
  /** In upper case: `UDP`, `TCP`, `TLS` or what a peer made up. */
  readonly transport: string;
  /** The host of sent-by; an IPv6 address keeps its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: readonly Param[];
}

/** What starts each branch that is unique in space and time (RFC 3261 section 8.1.1.7). */
export const MAGIC_COOKIE = "z9hG4bK";

const BLANK = "[ \\t]*";
const VIA = new RegExp(
  `^[${TOKEN_CHARS}]+${BLANK}/${BLANK}[${TOKEN_CHARS}]+${BLANK}/${BLANK}([${TOKEN_CHARS}]+)[ \\t]+` +
    `(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(?:${BLANK}:${BLANK}(${PORT}))?([ \\t]*;[^]*)?$`,
);

/** `undefined` when the text breaks the grammar. */
export const parseVia = (text: string): Via | undefined => {
  const match = VIA.exec(text);
  if (match === null) return undefined;
  const [, transport = "", host = "", portText, rest = ""] = match;
  const params = parseParams(rest);
  if (params === undefined) return undefined;
  const port = portText === undefined ? undefined : Number(portText);
  return { transport: transport.toUpperCase(), host, port, params };
};

/** All hops of one header line; `undefined` when one of them breaks the grammar. */
export const parseVias = (text: string): readonly Via[] | undefined => {
  const vias: Via[] = [];
  for (const part of splitList(text)) {
    const via = parseVia(part);
    if (via === undefined) return undefined;
    vias.push(via);
  }
  return vias;
};

export const formatVia = ({ transport, host, port, params }: Via): string =>
  `SIP/2.0/${transport} ${host}${port === undefined ? "" : `:${port}`}${formatParams(params)}`;

/**
 * The branch when it identifies a transaction by itself; `undefined` for a peer of RFC 2543, and for the bare
 * cookie (RFC 4475 section 3.2.1), which is no more unique than none.
 */
export const uniqueBranch = ({ params }: Via): string | undefined => {
  const branch = paramValue(params, "branch");
  return branch?.toLowerCase().startsWith(MAGIC_COOKIE.toLowerCase()) === true &&
    branch.length > MAGIC_COOKIE.length
    ? branch
    : undefined;
};

/** Where a datagram came from, or where it goes. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * The top Via as a server keeps it: `received` when sent-by is not the address it came from, and both when the
 * client asked by `rport` (RFC 3261 section 18.2.1, RFC 3581 section 4).
 */
export const viaReceivedFrom = (via: Via, source: Endpoint): Via => {
  const asked = paramValue(via.params, "rport") !== undefined;
  if (!asked && unbracketed(via.host) === source.address) return via;
  const received = withParam(via.params, "received", source.address);
  return { ...via, params: asked ? withParam(received, "rport", String(source.port)) : received };
};

const unbracketed = (host: string): string => (host.startsWith("[") ? host.slice(1, -1) : host);

/** Where a response to this Via goes over UDP (RFC 3261 section 18.2.2, RFC 3581); `maddr` is not followed. */
export const responseTarget = (via: Via): Endpoint => {
  const rport = parseNumber(paramValue(via.params, "rport") ?? "", 65_535);
  const received = paramValue(via.params, "received");
  return {
    address: unbracketed(received === undefined || received === "" ? via.host : received),
    port: rport ?? via.port ?? 5060,
  };
};
