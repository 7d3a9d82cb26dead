import { nearestName } from "../../config/issues.ts";
import { isNetwork } from "../../config/values.ts";
import type { Preferences } from "./model.ts";

export type Level = "domain" | "customer" | "subscriber" | "peer host";

export const DATA_TYPES = ["boolean", "int", "string", "enum", "rewrite_rule_set"] as const;

/** One row of the typed list in provisioning.voip_preferences. */
export interface PreferenceKind {
  readonly id: number;
  readonly attribute: string;
  readonly dataType: (typeof DATA_TYPES)[number];
  /** Words of an enum, lowest and highest of an int; separated by commas. */
  readonly allowed: string;
  readonly isList: boolean;
  readonly levels: readonly Level[];
  readonly description: string;
}

export type Catalogue = ReadonlyMap<string, PreferenceKind>;

/** As it stands in a file: a scalar, or several for a list. */
export type Written = string | number | boolean;

export interface Refusal {
  readonly attribute: string;
  readonly sentence: string;
}

const VALUE_MAX = 128;
/** What `allowed` says of a text that is an address or a network. */
const NETWORK = "network";

const wordsOf = ({ allowed }: PreferenceKind): readonly string[] => allowed.split(",");

const booleanOf = (value: Written): string | undefined =>
  value === true || value === "true" ? "1" : value === false || value === "false" ? "0" : undefined;

const wholeNumber = (kind: PreferenceKind, text: string): boolean => {
  const [lowest = 0, highest = Infinity] = wordsOf(kind).map(Number);
  return /^\d{1,9}$/.test(text) && Number(text) >= lowest && Number(text) <= highest;
};

/** What the tables hold for `value`; `undefined` when it is not allowed. */
const storedValue = (kind: PreferenceKind, value: Written): string | undefined => {
  const text = String(value);
  switch (kind.dataType) {
    case "boolean":
      return booleanOf(value);
    case "int":
      return wholeNumber(kind, text) ? String(Number(text)) : undefined;
    case "enum":
      return wordsOf(kind).includes(text) ? text : undefined;
    case "string":
    case "rewrite_rule_set":
      if (kind.allowed === NETWORK && !isNetwork(text)) return undefined;
      return text !== "" && text.length <= VALUE_MAX ? text : undefined;
  }
};

/** What may be written, in words. */
export const allowedWords = (kind: PreferenceKind): string => {
  const { dataType, isList } = kind;
  const one = {
    boolean: "true or false",
    int: `a whole number from ${wordsOf(kind).join(" to ")}`,
    enum: wordsOf(kind).join(", "),
    string:
      kind.allowed === NETWORK
        ? "an address, or a network like 192.0.2.0/24"
        : `a text of 1 to ${VALUE_MAX} characters`,
    rewrite_rule_set: "the name of a rewrite rule set",
  }[dataType];
  return isList ? `a list, each ${one}` : one;
};

const unknownAttribute = (attribute: string, level: Level, catalogue: Catalogue): string => {
  const known = [...catalogue.values()].filter(({ levels }) => levels.includes(level));
  const nearest = nearestName(
    attribute,
    known.map((kind) => kind.attribute),
  );
  const hint = nearest === undefined ? "`ngcp-provision show preferences` lists all" : undefined;
  return `is an unknown preference; ${hint ?? `did you mean ${nearest ?? ""}?`}`;
};

const checkOne = (
  [attribute, written]: readonly [string, Written | readonly Written[]],
  level: Level,
  catalogue: Catalogue,
): readonly string[] | string => {
  const kind = catalogue.get(attribute);
  if (kind === undefined) return unknownAttribute(attribute, level, catalogue);
  if (!kind.levels.includes(level))
    return `is no preference of a ${level}; it is one of: ${kind.levels.join(", ")}`;
  const values = typeof written === "object" ? written : [written];
  if (!kind.isList && values.length !== 1) return `takes one value: ${allowedWords(kind)}`;
  const stored = values.flatMap((value) => storedValue(kind, value) ?? []);
  return stored.length === values.length ? [...new Set(stored)] : `takes ${allowedWords(kind)}`;
};

/** Turns what stands in a file into what the tables hold, or says what is wrong with each. An empty list is none. */
export const readPreferences = (
  written: Readonly<Record<string, Written | readonly Written[]>>,
  level: Level,
  catalogue: Catalogue,
): { readonly preferences: Preferences; readonly refusals: readonly Refusal[] } => {
  const preferences: Record<string, readonly string[]> = {};
  const refusals: Refusal[] = [];
  for (const entry of Object.entries(written)) {
    const checked = checkOne(entry, level, catalogue);
    if (typeof checked === "string") refusals.push({ attribute: entry[0], sentence: checked });
    else if (checked.length > 0) preferences[entry[0]] = checked;
  }
  return { preferences, refusals };
};

const writtenValue = (kind: PreferenceKind, value: string): Written => {
  if (kind.dataType === "boolean") return value === "1";
  return kind.dataType === "int" ? Number(value) : value;
};

/** The other way round, for an export. */
export const writePreferences = (
  preferences: Preferences,
  catalogue: Catalogue,
): Readonly<Record<string, Written | readonly Written[]>> =>
  Object.fromEntries(
    Object.entries(preferences).flatMap(([attribute, values]) => {
      const kind = catalogue.get(attribute);
      const [first] = values;
      if (kind === undefined || first === undefined) return [];
      const written = values.map((value) => writtenValue(kind, value));
      return [[attribute, kind.isList ? written : writtenValue(kind, first)]];
    }),
  );
