import { isMap, isScalar, isSeq, parseDocument, stringify, type Document } from "yaml";
import type { Path } from "./problem.ts";

const hasOwn = (value: unknown, name: string): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name);

/** The longest beginning of `words` that is a name in `content`, for names with dots in them such as eth0.100. */
const nameIn = (content: unknown, words: readonly string[]): string => {
  for (let count = words.length; count > 1; count -= 1) {
    const name = words.slice(0, count).join(".");
    if (hasOwn(content, name)) return name;
  }
  return words[0] ?? "";
};

/**
 * Takes a key apart: `hosts.sp1.eth0.100.type.0` is the first type of the interface eth0.100, where `content` has one.
 *
 * @param content what the key is looked up in; what is not there is split at each dot
 */
export const pathOf = (key: string, content: unknown): Path => {
  const path: (string | number)[] = [];
  let here = content;
  for (let words = key.split("."); words.length > 0;) {
    const name = nameIn(here, words);
    path.push(Array.isArray(here) && /^\d+$/.test(name) ? Number(name) : name);
    here = hasOwn(here, name) ? here[name] : undefined;
    words = words.slice(name.split(".").length);
  }
  return path;
};

/** The value at `path`, `undefined` where there is none. */
export const valueAt = (content: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (here, step) => (hasOwn(here, String(step)) ? here[String(step)] : undefined),
    content,
  );

const isPlain = (value: unknown): value is string | number | boolean =>
  ["string", "number", "boolean"].includes(typeof value);

const written = (document: Document): string => document.toString({ lineWidth: 0 });

/** A plain value in the place of a plain value: nothing else in the file changes, not even its blanks. */
const spliced = (text: string, document: Document, path: Path, value: unknown) => {
  const node = document.getIn(path, true);
  if (!isScalar(node) || !isPlain(value) || !isPlain(node.value)) return undefined;
  const [from, to] = node.range ?? [];
  if (from === undefined || to === undefined) return undefined;
  const said = stringify(value, { lineWidth: 0 }).trimEnd();
  return said.includes("\n") ? undefined : text.slice(0, from) + said + text.slice(to);
};

/** A list that is written in one line stays in one line. */
const nodeFor = (document: Document, path: Path, value: unknown) => {
  const node = document.createNode(value);
  const before = document.getIn(path, true);
  if (isSeq(node)) node.flow = !isSeq(before) || before.flow === true;
  return node;
};

/**
 * The text of a YAML file with another value at `path`. Comments and order stay; sections that are missing are made.
 *
 * @param text a file without syntax errors
 */
export const withValue = (text: string, path: Path, value: unknown): string => {
  const document = parseDocument(text, { stringKeys: true });
  const replaced = spliced(text, document, path, value);
  if (replaced !== undefined) return replaced;
  document.setIn(path, nodeFor(document, path, value));
  return written(document);
};

/** The text without the key at `path`, and without sections that have nothing left; as it is where there is no such key. */
export const withoutKey = (text: string, path: Path): string => {
  const document = parseDocument(text, { stringKeys: true });
  if (!document.hasIn(path)) return text;
  document.deleteIn(path);
  for (let length = path.length - 1; length > 0; length -= 1) {
    const section = document.getIn(path.slice(0, length), true);
    if (!isMap(section) || section.items.length > 0) break;
    document.deleteIn(path.slice(0, length));
  }
  return written(document);
};
