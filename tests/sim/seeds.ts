import { setImmediate as nextTurn } from "node:timers/promises";
import { runSeed } from "./run.ts";

/** @returns what is wrong with a seed and how to see it, or nothing */
export const sentenceOf = (seed: number): string => {
  const { verdict } = runSeed(seed, { keepsLines: false });
  return verdict === undefined
    ? ""
    : `${verdict.kind}: ${verdict.sentence}\nreplay: npm run sim -- --seed ${seed}`;
};

/** Runs seeds one after the other and lets other work of the process through in between. */
export const failuresOf = async (from: number, until: number): Promise<readonly string[]> => {
  const failures: string[] = [];
  for (let seed = from; seed <= until; seed += 1) {
    const sentence = sentenceOf(seed);
    if (sentence !== "") failures.push(sentence);
    await nextTurn();
  }
  return failures;
};
