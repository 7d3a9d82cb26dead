import test from "ava";
import { Lateness } from "../../../ha/lateness.ts";

test("nothing noted is no delay", (t) => {
  t.deepEqual(new Lateness().delay(), { p50: 0, max: 0 });
});

test("the median and the worst of the ticks, to a tenth of a millisecond", (t) => {
  const lateness = new Lateness();
  for (const lateMs of [0.3, 0.3, 0.3, 12.24, 0.3]) lateness.note(1_000, lateMs);
  t.deepEqual(lateness.delay(), { p50: 0.3, max: 12.2 });
});

test("a tick that came early was not late", (t) => {
  const lateness = new Lateness();
  lateness.note(1_000, -0.4);
  t.deepEqual(lateness.delay(), { p50: 0, max: 0 });
});

test("a bad minute is told for the minute after it, and no longer", (t) => {
  const lateness = new Lateness();
  lateness.note(61_000, 80);
  lateness.note(125_000, 0.2);
  t.is(Math.round(lateness.delay().max), 80);
  lateness.note(186_000, 0.2);
  t.is(lateness.delay().max, 0.2);
});
