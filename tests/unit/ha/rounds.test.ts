import test from "ava";
import { instant } from "../../../ha/core/time.ts";
import { Rounds } from "../../../ha/rounds.ts";

const counted = (lengths: readonly number[]) => {
  const rounds = new Rounds();
  const done = lengths.map(() => 0);
  const ends = lengths.map((ms, index) =>
    rounds.every(ms, () => {
      done[index] = (done[index] ?? 0) + 1;
    }),
  );
  return { rounds, done, ends };
};

test("each round is done once in its time, those of one length in the same turn", (t) => {
  const { rounds, done } = counted([100, 1_000, 1_000]);
  rounds.run(instant(1_000));
  for (let at = 1_050; at < 3_050; at += 50) rounds.run(instant(at));
  t.deepEqual(done, [21, 3, 3]);
});

test("after a pause each round is done once", (t) => {
  const { rounds, done } = counted([100]);
  rounds.run(instant(1_000));
  rounds.run(instant(9_000));
  rounds.run(instant(9_050));
  t.deepEqual(done, [2]);
});

test("what was ended is not done again", (t) => {
  const { rounds, done, ends } = counted([100, 100]);
  rounds.run(instant(1_000));
  ends[0]?.();
  rounds.run(instant(1_100));
  t.deepEqual(done, [1, 2]);
});
