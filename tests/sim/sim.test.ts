import test from "ava";
import { REGRESSIONS } from "./regressions.ts";
import { runSeed } from "./run.ts";

const SEEDS = 500;

const sentence = (seed: number): string => {
  const { verdict } = runSeed(seed, { keepsLines: false });
  return verdict === undefined
    ? ""
    : `${verdict.kind}: ${verdict.sentence}\nreplay: npm run sim -- --seed ${seed}`;
};

test(`${SEEDS} seeds: never two holders, never nobody for long, one active node in the end`, (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) t.is(sentence(seed), "");
});

test("seeds that once failed pass", (t) => {
  for (const { seed, because } of REGRESSIONS) t.is(sentence(seed), "", because);
  t.pass();
});

test("the same seed gives the same transcript, also when its lines are kept", (t) => {
  const once = runSeed(7, { keepsLines: false });
  const again = runSeed(7, { keepsLines: true });
  t.is(again.hash, once.hash);
  t.true(again.lines.length > 0);
});

test("different seeds give different transcripts", (t) => {
  t.not(runSeed(7, { keepsLines: false }).hash, runSeed(8, { keepsLines: false }).hash);
});
