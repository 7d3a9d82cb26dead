import type { SourceFile } from "./document.ts";
import type { Path, Place } from "./problem.ts";

type PlainMap = Readonly<Record<string, unknown>>;

const isPlainMap = (value: unknown): value is PlainMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSaid = (value: unknown): boolean => value !== null && value !== undefined;

/**
 * Lays `upper` over `lower`. Maps are merged key by key; anything else is replaced whole, lists too.
 * A key without a value says nothing.
 */
export const overlay = (lower: unknown, upper: unknown): unknown => {
  if (!isSaid(upper)) return lower;
  if (!isPlainMap(upper)) return upper;
  const below = isPlainMap(lower) ? lower : {};
  const names = new Set([...Object.keys(below), ...Object.keys(upper)]);
  const own = (map: PlainMap, name: string): unknown =>
    Object.hasOwn(map, name) ? map[name] : undefined;
  return Object.fromEntries(
    [...names]
      .map((name) => [name, overlay(own(below, name), own(upper, name))] as const)
      .filter(([, value]) => isSaid(value)),
  );
};

/** Several files that are read as one: the later ones lie on top. */
export interface Layers {
  readonly content: unknown;
  /** Where the value of `path` comes from; what is missing is placed at the section it is missing in. */
  readonly placeOfValue: (path: Path) => Place;
  readonly placeOfKey: (path: Path) => Place;
}

export const layersOf = (files: readonly [SourceFile, ...SourceFile[]]): Layers => {
  const fileOf = (path: Path): SourceFile =>
    files.reduce((best, file) => (file.depthOf(path) >= best.depthOf(path) ? file : best));
  return {
    content: files.reduce<unknown>((lower, file) => overlay(lower, file.content), {}),
    placeOfValue: (path) => fileOf(path).placeOfValue(path),
    placeOfKey: (path) => fileOf(path).placeOfKey(path),
  };
};
