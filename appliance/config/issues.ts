import type { z } from "zod";
import type { Layers } from "./layers.ts";
import type { Path, Problem } from "./problem.ts";

/** How many letters have to change to make `b` out of `a`. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: Array.from(b).length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

/** The known name that was most likely meant; `undefined` when none is near. */
export const nearestName = (name: string, known: readonly string[]): string | undefined => {
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best !== undefined && best.far <= Math.max(2, Math.floor(name.length / 3))
    ? best.candidate
    : undefined;
};

const unknownKey = (key: string, known: readonly string[]): string => {
  const nearest = nearestName(key, known);
  return nearest === undefined
    ? `is an unknown key; allowed: ${known.join(", ")}`
    : `is an unknown key; did you mean ${nearest}?`;
};

const pathOf = (issue: z.core.$ZodIssue): Path =>
  issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));

const problemsOf = (issue: z.core.$ZodIssue, layers: Layers): readonly Problem[] => {
  const path = pathOf(issue);
  if (issue.code !== "unrecognized_keys") {
    return [{ place: layers.placeOfValue(path), path, sentence: issue.message }];
  }
  const known = issue.message.split(" ");
  return issue.keys.map((key) => ({
    place: layers.placeOfKey([...path, key]),
    path: [...path, key],
    sentence: unknownKey(key, known),
  }));
};

/** What zod found, in the words and at the places of the files. */
export const problemsFrom = (
  issues: readonly z.core.$ZodIssue[],
  layers: Layers,
): readonly Problem[] => issues.flatMap((issue) => problemsOf(issue, layers));
