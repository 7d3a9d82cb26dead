import test from "ava";
import { GapRecord } from "../../../../ops/lab/measure/gaps.ts";

const gap = (from: number, to: number, before: string, after: string): string =>
  JSON.stringify({ kind: "gap", from, to, before, after });
const beat = (lastAt: number, lastNode: string): string =>
  JSON.stringify({ kind: "beat", lastAt, lastNode });

const recordOf = (...lines: readonly string[]): GapRecord => {
  const record = new GapRecord();
  for (const line of lines) record.note(line);
  return record;
};

test("the longest gap that overlaps the window is found, also one that began before it", (t) => {
  const record = recordOf(
    gap(1000, 1005, "sp1", "sp1"),
    gap(2000, 2250, "sp1", "sp2"),
    gap(9000, 9900, "sp2", "sp2"),
    beat(9950, "sp2"),
  );
  t.is(record.longest(2100, 3000), 250);
  t.is(record.longest(0, 1500), 5);
});

test("a silence that has not ended counts", (t) => {
  const record = recordOf(beat(1000, "sp1"));
  t.is(record.longest(900, 3000), 2000);
});

test("a silence shorter than the time between two beats is none", (t) => {
  const record = recordOf(beat(1000, "sp1"));
  t.is(record.longest(900, 1300), 0);
});

test("who answered in the window, and how often the address moved", (t) => {
  const record = recordOf(
    gap(1000, 1001, "", "sp1"),
    gap(2000, 2250, "sp1", "sp2"),
    gap(3000, 3020, "sp2", "sp1"),
    beat(3300, "sp1"),
  );
  t.deepEqual([...record.nodes(1500, 4000)].sort(), ["sp1", "sp2"]);
  t.is(record.changes(0, 4000), 2);
  t.is(record.changes(2500, 4000), 1);
});
