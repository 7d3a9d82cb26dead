/** The elements of the SIP grammar (RFC 3261 section 25.1) that every header is made of. */

/** `;name` or `;name=value`. The name is in lower case; a quoted value keeps its quotes. */
export interface Param {
  readonly name: string;
  readonly value: string | undefined;
}

/** The characters of `token`, for use inside a character class. */
export const TOKEN_CHARS = "A-Za-z0-9\\-.!%*_+`'~";
/** A port in decimal digits, up to 65535. */
export const PORT = "\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d\\d|655[0-2]\\d|6553[0-5]";
/** A quoted-string: control characters only behind a backslash, never CR or LF. */
export const QUOTED = '"(?:[^"\\\\\\x00-\\x08\\x0a-\\x1f\\x7f]|\\\\[^\\r\\n\\x80-\\uffff])*"';

const TOKEN = new RegExp(`^[${TOKEN_CHARS}]+$`);
const PARAM = new RegExp(
  `[ \\t]*;[ \\t]*([${TOKEN_CHARS}]+)(?:[ \\t]*=[ \\t]*([${TOKEN_CHARS}\\[\\]:]+|${QUOTED}))?`,
  "y",
);
const DIGITS = /^\d+$/;
const NONE: readonly Param[] = [];

export const isToken = (text: string): boolean => TOKEN.test(text);

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** Without the spaces and tabs at both ends. Other white space is text: `String.trim` would take a BOM too. */
export const trimBlanks = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return end - start === text.length ? text : text.slice(start, end);
};

/** The parameters in `text`, which is nothing but `;name=value ...`; `undefined` when it is anything else. */
export const parseParams = (text: string): readonly Param[] | undefined => {
  if (text === "") return NONE;
  const params: Param[] = [];
  let end = 0;
  PARAM.lastIndex = 0;
  for (let match = PARAM.exec(text); match !== null; match = PARAM.exec(text)) {
    params.push({ name: (match[1] ?? "").toLowerCase(), value: match[2] });
    end = PARAM.lastIndex;
  }
  return trimBlanks(text.slice(end)) === "" ? params : undefined;
};

/** The value of the first parameter of that name (in lower case); `""` when it stands without a value. */
export const paramValue = (params: readonly Param[], name: string): string | undefined => {
  for (const param of params) if (param.name === name) return param.value ?? "";
  return undefined;
};

export const formatParams = (params: readonly Param[]): string => {
  let text = "";
  for (const { name, value } of params)
    text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
};

/** `params` with one of them set, or removed by `undefined`; the order of the others stays. */
export const withParam = (
  params: readonly Param[],
  name: string,
  value: string | undefined,
): readonly Param[] => {
  const others = params.filter((param) => param.name !== name);
  return value === undefined
    ? others
    : [...others, { name, value: value === "" ? undefined : value }];
};

/** A decimal number from 0 to `most`; `undefined` when it is none or larger. Leading zeros are allowed. */
export const parseNumber = (text: string, most: number): number | undefined => {
  if (!DIGITS.test(text)) return undefined;
  const number = Number(text);
  return number <= most ? number : undefined;
};

/** The text of a quoted-string without quotes and backslashes; other text as it is. */
export const unquote = (text: string): string =>
  text.startsWith('"') ? text.slice(1, -1).replace(/\\([^])/g, "$1") : text;

export const quote = (text: string): string => `"${text.replace(/["\\\0-\x1f\x7f]/g, escaped)}"`;

/** CR and LF cannot be quoted at all, so they become spaces. */
const escaped = (char: string): string => (char === "\r" || char === "\n" ? " " : `\\${char}`);

/** A quoted-string, or what angle brackets hold, or a comma outside of both; an open end holds the rest. */
const LIST_PART = /"(?:[^"\\]|\\[^])*(?:"|$)|<[^>]*(?:>|$)|,/g;

/** Splits a header's value at its commas, but not at those in quotes or in angle brackets. Elements may be empty. */
export const splitList = (text: string): readonly string[] => {
  if (!text.includes(",")) return [text];
  const parts: string[] = [];
  let start = 0;
  for (const match of text.matchAll(LIST_PART)) {
    if (match[0] !== ",") continue;
    parts.push(trimBlanks(text.slice(start, match.index)));
    start = match.index + 1;
  }
  parts.push(trimBlanks(text.slice(start)));
  return parts;
};
