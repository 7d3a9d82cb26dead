import test from "ava";
import { overlapMs } from "../../../../ops/lab/measure/timeline.ts";

const WINDOW = { from: 0, to: 1000 };

test("two stretches that touch do not overlap", (t) => {
  t.is(overlapMs([{ from: 0, to: 100 }], [{ from: 100, to: 200 }], WINDOW), 0);
});

test("what overlaps is summed over all stretches", (t) => {
  const one = [
    { from: 0, to: 100 },
    { from: 300, to: 400 },
  ];
  t.is(overlapMs(one, [{ from: 90, to: 310 }], WINDOW), 20);
});

test("only what lies in the window counts", (t) => {
  const always = [{ from: -1000, to: 5000 }];
  t.is(overlapMs(always, always, { from: 10, to: 25 }), 15);
  t.is(overlapMs(always, always, { from: 6000, to: 7000 }), 0);
});
