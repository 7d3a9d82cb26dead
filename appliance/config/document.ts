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

/** Where a key stands that its map has already. */
const repeatedKeys = (document: Document): readonly number[] => {
  const offsets: number[] = [];
  visit(document, {
    Map: (_key, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name)) offsets.push(offsetOf(key) ?? 0);
        seen.add(name);
      }
    },
  });
  return offsets;
};

const isPlainMap = (content: unknown): boolean =>
  typeof content === "object" && content !== null && !Array.isArray(content);

/** Reads the text of one YAML file; an empty file is an empty map. */
export const parseSource = (
  file: string,
  text: string,
): { readonly source: SourceFile; readonly problems: readonly Problem[] } => {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    stringKeys: true,
    // Its own check takes a time that grows with the square of the keys: 15 s for 10,000.
    uniqueKeys: false,
  });
  const place = (offset: number): Place => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const repeated = repeatedKeys(document).map((offset) => ({
    place: place(offset),
    path: [],
    sentence: "Map keys must be unique",
  }));
  const problems = [...syntaxProblems(file, document, counter), ...repeated];
  const content: unknown = problems.length === 0 ? (document.toJS() ?? {}) : {};
  if (!isPlainMap(content)) {
    problems.push({ place: place(0), path: [], sentence: "is no map of names and values" });
  }
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
