import { parseNameAddr } from "./address.ts";
import { parseNumber, splitList } from "./grammar.ts";
import { TOKEN_CHARS } from "./grammar.ts";
import type { Header } from "./header.ts";

/** No datagram is longer. */
const MAX_LENGTH = 65_535;

interface Rule {
  /** Whether a message may hold no more than one such header line. */
  readonly single?: true;
  readonly holds?: (value: string) => boolean;
}

const TYPE = new RegExp(`^[${TOKEN_CHARS}]+[ \\t]*/[ \\t]*[${TOKEN_CHARS}]+[ \\t]*(?:;|$)`);
const CALL_ID = /^[^ \t,]+$/;

const isAddressList = (value: string): boolean =>
  splitList(value).every((part) => parseNameAddr(part) !== undefined);

/** Route and its like hold name-addrs, never bare URIs: their parameters would be taken for those of the header. */
const isRouteList = (value: string): boolean =>
  splitList(value).every((part) => part.includes("<") && parseNameAddr(part) !== undefined);

/**
 * What must be right before a message is believed: the headers that route it, delimit it or match it to something.
 * All others are looked at by whom they concern; Expires for instance has a default for what cannot be read.
 */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["From", { single: true }],
  ["To", { single: true }],
  ["CSeq", { single: true }],
  ["Call-ID", { single: true, holds: (value) => CALL_ID.test(value) }],
  ["Max-Forwards", { single: true, holds: (value) => parseNumber(value, 255) !== undefined }],
  [
    "Content-Length",
    { single: true, holds: (value) => parseNumber(value, MAX_LENGTH) !== undefined },
  ],
  ["Content-Type", { single: true, holds: (value) => TYPE.test(value) }],
  ["Contact", { holds: (value) => value === "*" || isAddressList(value) }],
  ["Route", { holds: isRouteList }],
  ["Record-Route", { holds: isRouteList }],
]);

/** The first fault among the headers, as a reason phrase; `undefined` when there is none. */
export const complaintAbout = (headers: readonly Header[]): string | undefined => {
  const seen = new Set<string>();
  for (const { name, value } of headers) {
    const rule = RULES.get(name);
    if (rule === undefined) continue;
    if (rule.single === true) {
      if (seen.has(name)) return `Repeated ${name}`;
      seen.add(name);
    }
    if (rule.holds?.(value) === false) return `Malformed ${name}`;
  }
  return undefined;
};
