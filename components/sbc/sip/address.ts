import { formatParams, parseParams, paramValue, quote, splitList, unquote } from "./grammar.ts";
import { QUOTED, TOKEN_CHARS } from "./grammar.ts";
import type { Param } from "./grammar.ts";
import { isUri } from "./uri.ts";

/** What From, To, Contact, Route and their like hold: a name-addr or an addr-spec, and parameters of the header. */
export interface NameAddr {
  /** Without quotes and backslashes; `undefined` when there is none. */
  readonly displayName: string | undefined;
  /** As it came, checked by the grammar; `parseUri` takes it apart. */
  readonly uri: string;
  readonly params: readonly Param[];
}

/**
 * A display name in tokens may hold letters beyond ASCII: the grammar wants quotes then, phones leave them out.
 * An addr-spec without brackets holds no `;`, `?` or `,` (RFC 3261 section 20).
 */
const NAME_ADDR = new RegExp(
  `^(?:(${QUOTED}[ \\t]*|[${TOKEN_CHARS} \\t\\u0080-\\uffff]*)<([^<>" \\t]+)>|([^<>" \\t;?,]+))([ \\t]*;[^]*)?$`,
);

/** `undefined` when the text is no name-addr, or holds a URI that breaks its grammar. */
export const parseNameAddr = (text: string): NameAddr | undefined => {
  const match = NAME_ADDR.exec(text);
  if (match === null) return undefined;
  const [, display = "", bracketed, bare = "", rest = ""] = match;
  const uri = bracketed ?? bare;
  const params = parseParams(rest);
  if (params === undefined || !isUri(uri)) return undefined;
  const name = display.trimEnd();
  return { displayName: name === "" ? undefined : unquote(name), uri, params };
};

/** All addresses of a header that may hold several; `undefined` when one of them breaks the grammar. */
export const parseNameAddrs = (text: string): readonly NameAddr[] | undefined => {
  const addresses: NameAddr[] = [];
  for (const part of splitList(text)) {
    const address = parseNameAddr(part);
    if (address === undefined) return undefined;
    addresses.push(address);
  }
  return addresses;
};

/** Always with angle brackets, and the display name in quotes. */
export const formatNameAddr = ({ displayName, uri, params }: NameAddr): string =>
  `${displayName === undefined ? "" : `${quote(displayName)} `}<${uri}>${formatParams(params)}`;

/** The tag of a From or To; `undefined` when there is none, or an empty one. */
export const tagOf = ({ params }: NameAddr): string | undefined => {
  const tag = paramValue(params, "tag");
  return tag === "" ? undefined : tag;
};
