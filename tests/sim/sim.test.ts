import test from "ava";
import { REGRESSIONS } from "./regressions.ts";
import { runSeed } from "./run.ts";
import { failuresOf, sentenceOf } from "./seeds.ts";

const PATIENCE_MS = 600_000;

test("seeds 1 to 250: never two holders, never nobody for long, one active node in the end", async (t) => {
  t.timeout(PATIENCE_MS);
  t.deepEqual(await failuresOf(1, 250), []);
});

test("seeds that once failed pass", (t) => {
  t.timeout(PATIENCE_MS);
  for (const { seed, because } of REGRESSIONS) t.is(sentenceOf(seed), "", because);
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
