import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
} from "yaml";
import type { Path, Place, Problem } from "./problem.ts";

/** A YAML file that was read: its content, and where each part of it stands. */
export interface SourceFile {
  readonly file: string;
  readonly content: unknown;
  /** How many steps of `path` this file has. */
  readonly depthOf: (path: Path) => number;
  /** The value at `path`, or the deepest part above it that the file has. */
  readonly placeOfValue: (path: Path) => Place;
  /** The key at the end of `path`, or the deepest part above it that the file has. */
  readonly placeOfKey: (path: Path) => Place;
}

interface Found {
  readonly depth: number;
  readonly keyOffset: number;
  readonly valueOffset: number;
}

const offsetOf = (node: unknown): number | undefined =>
  isNode(node) ? node.range?.[0] : undefined;

const nextIn = (
  node: unknown,
  step: string | number,
): { key: unknown; value: unknown } | undefined => {
  if (isMap(node)) {
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
    );
    return pair === undefined ? undefined : { key: pair.key, value: pair.value };
  }
  if (isSeq(node) && typeof step === "number" && step < node.items.length) {
    return { key: node.items[step], value: node.items[step] };
  }
  return undefined;
};

const find = (document: Document, path: Path): Found => {
  let node: unknown = document.contents;
  let found: Found = { depth: 0, keyOffset: 0, valueOffset: offsetOf(node) ?? 0 };
  for (const [index, step] of path.entries()) {
    const next = nextIn(isAlias(node) ? node.resolve(document) : node, step);
    if (next === undefined) return found;
    const keyOffset = offsetOf(next.key) ?? found.valueOffset;
    found = { depth: index + 1, keyOffset, valueOffset: offsetOf(next.value) ?? keyOffset };
    node = next.value;
  }
  return found;
};

/** What is wrong with the text itself; the sentence never quotes the file, which may hold secrets. */
const syntaxProblems = (file: string, document: Document, counter: LineCounter): Problem[] =>
  [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = counter.linePos(error.pos[0]);
    return { place: { file, line, column: col }, path: [], sentence: error.message };
  });

/** A part of the text that the parser takes and we do not. */
interface Misplaced {
  readonly offset: number;
  readonly sentence: string;
}

/** Where a key stands that its map has already. */
const repeatedKeys = (document: Document): readonly Misplaced[] => {
  const repeated: Misplaced[] = [];
  visit(document, {
    Map: (_key, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name))
          repeated.push({ offset: offsetOf(key) ?? 0, sentence: "Map keys must be unique" });
        seen.add(name);
      }
    },
  });
  return repeated;
};

const isPlainMap = (content: unknown): boolean =>
  typeof content === "object" && content !== null && !Array.isArray(content);

/** Aliases that lead nowhere, or into themselves. */
const strayAliases = (document: Document): readonly Misplaced[] => {
  const stray: Misplaced[] = [];
  visit(document, {
    Alias: (_key, alias, ancestors) => {
      const meant = alias.resolve(document);
      const offset = offsetOf(alias) ?? 0;
      if (meant === undefined)
        stray.push({ offset, sentence: `no anchor &${alias.source} stands before this alias` });
      else if (ancestors.includes(meant))
        stray.push({ offset, sentence: `the alias *${alias.source} stands inside its own anchor` });
    },
  });
  return stray;
};

/** More than any configuration needs; the parser takes seconds and hundreds of megabytes for far more. */
const MOST_CHARACTERS = 1_000_000;
/** The parser ends the whole process on some thousands. */
const MOST_BRACKETS = 50;

/** Sequences may be opened in one line as well: `- - - a`. */
const DASHES = new RegExp(`^[ ]*(?:- ){${MOST_BRACKETS}}`, "m");

const isTooDeep = (text: string): boolean => {
  if (DASHES.test(text)) return true;
  let open = 0;
  for (const letter of text) {
    if (letter === "[" || letter === "{") open += 1;
    if (letter === "]" || letter === "}") open = Math.max(open - 1, 0);
    if (open > MOST_BRACKETS) return true;
  }
  return false;
};

/** What git writes around the two sides of a conflict. */
const MERGE_MARK = /^(?:<{7} |={7}$|>{7} )/m;

/** Why a text is not even given to the parser, and where. */
const unparsable = (text: string, most: number): Misplaced | undefined => {
  if (text.length > most) return { offset: 0, sentence: `has more than ${most} characters` };
  if (isTooDeep(text)) return { offset: 0, sentence: `nests deeper than ${MOST_BRACKETS} levels` };
  const mark = MERGE_MARK.exec(text);
  return mark === null
    ? undefined
    : { offset: mark.index, sentence: "a merge was not finished: keep one of the two sides" };
};

/** The content of a document; a small text with many aliases may stand for more than fits into the memory. */
const contentOf = (
  document: Document,
): { readonly content: unknown; readonly isTooLarge: boolean } => {
  try {
    return { content: (document.toJS() as unknown) ?? {}, isTooLarge: false };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { content: {}, isTooLarge: true };
  }
};

/**
 * Reads the text of one YAML file; an empty file is an empty map.
 *
 * @param most characters that it may have: more than any configuration needs, where nothing else is said
 */
export const parseSource = (
  file: string,
  text: string,
  most = MOST_CHARACTERS,
): { readonly source: SourceFile; readonly problems: readonly Problem[] } => {
  const counter = new LineCounter();
  const refused = unparsable(text, most);
  const document = parseDocument(refused === undefined ? text : "", {
    lineCounter: counter,
    prettyErrors: false,
    stringKeys: true,
    // Its own check takes a time that grows with the square of the keys: 15 s for 10,000.
    uniqueKeys: false,
  });
  const place = (offset: number): Place => {
    const { line, col } =
      refused === undefined
        ? counter.linePos(offset)
        : { line: text.slice(0, offset).split("\n").length, col: 1 };
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const whole = (sentence: string): Problem => ({ place: place(0), path: [], sentence });
  const misplaced = refused ?? [...repeatedKeys(document), ...strayAliases(document)];
  const problems = [
    ...syntaxProblems(file, document, counter),
    ...[misplaced]
      .flat()
      .map(({ offset, sentence }) => ({ place: place(offset), path: [], sentence })),
  ];
  const { content, isTooLarge } =
    problems.length === 0 ? contentOf(document) : { content: {}, isTooLarge: false };
  if (isTooLarge) problems.push(whole("has aliases that multiply to more than can be read"));
  if (!isPlainMap(content)) problems.push(whole("is no map of names and values"));
  return {
    source: {
      file,
      content,
      depthOf: (path) => find(document, path).depth,
      placeOfValue: (path) => {
        const found = find(document, path);
        return place(found.depth === path.length ? found.valueOffset : found.keyOffset);
      },
      placeOfKey: (path) => place(find(document, path).keyOffset),
    },
    problems,
  };
};
