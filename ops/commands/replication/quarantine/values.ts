import type { Exact } from "../../../../appliance/database/client.ts";

/** A column of a table as the server describes it. */
export interface Column {
  readonly name: string;
  /** The type without its length, such as `varchar`. */
  readonly type: string;
  readonly isUnsigned: boolean;
  readonly isKey: boolean;
  /** It follows from the others, and is never written. */
  readonly isGenerated: boolean;
}

/** A value for a statement: what stands in the statement, and what goes into its question marks. */
export interface Literal {
  readonly sql: string;
  readonly values: readonly Exact[];
}

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
/** Negative numbers come twice: `-1 (4294967295)`. */
const TWICE = /^(-\d+) \((\d+)\)$/;
const BITS = /^b'[01]*'$/;
const QUOTED = /^'(.*)'$/s;
const MS_PER_SECOND = 1_000;
const IN_BYTES = /char|text|blob|binary|json/;

const raw = (sql: string): Literal => ({ sql, values: [] });

/**
 * A byte below 0x20 stands as `\x0a`, and so do these four characters themselves: what such a text was cannot be told.
 * All others stand as they are.
 */
const AMBIGUOUS = /\\x[01][0-9a-f]/;

const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");

/** Seconds since 1970 as the server reads them: FROM_UNIXTIME is not equal to its own value in a condition. */
const momentOf = (seconds: string): Literal => {
  const [whole = "", fraction] = seconds.split(".");
  if (Number(seconds) === 0) return raw("'0000-00-00 00:00:00'");
  const date = new Date(Number(whole) * MS_PER_SECOND).toISOString().slice(0, 19).replace("T", " ");
  return raw(`'${date}${fraction === undefined ? "" : `.${fraction}`}'`);
};

const numberOf = (text: string, { type, isUnsigned }: Column): Literal | undefined => {
  const [, signed, unsigned] = TWICE.exec(text) ?? [];
  const number = signed === undefined ? text.trim() : isUnsigned ? unsigned : signed;
  if (number === undefined || !NUMBER.test(number)) return undefined;
  return type === "timestamp" ? momentOf(number) : raw(number);
};

/**
 * What a text of `mariadb-binlog -v` stands for in a column. A session that uses it has the time zone +00:00.
 *
 * @returns undefined where it cannot be told
 */
export const literalOf = (text: string, column: Column): Literal | undefined => {
  if (text === "NULL") return raw("NULL");
  // Of a SET the members stand as bits, too.
  if (BITS.test(text)) return raw(column.type === "set" ? `${text} + 0` : text);
  const [, quoted] = QUOTED.exec(text) ?? [];
  if (quoted === undefined) return numberOf(text, column);
  if (AMBIGUOUS.test(quoted)) return undefined;
  if (IN_BYTES.test(column.type)) return { sql: "?", values: [bytesOf(quoted)] };
  // A date is written with colons.
  const value = column.type === "date" ? quoted.replaceAll(":", "-") : quoted;
  return { sql: "?", values: [value] };
};

/** A value to read: bytes as text, where they are one. */
export const readable = (text: string): string => {
  const [, quoted] = QUOTED.exec(text) ?? [];
  return quoted === undefined ? text : JSON.stringify(bytesOf(quoted).toString("utf8"));
};
