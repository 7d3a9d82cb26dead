import test from "ava";
import type { DrillRun } from "../../drills/harness/figures.ts";
import { markdownTable, medianOf } from "../../drills/harness/report.ts";

const runOf = (run: number, outage: number, held: number): DrillRun => ({
  drill: "power-cut",
  run,
  figures: {
    address_outage_ms: outage,
    sip_outage_ms: null,
    rtp_gap_a_ms: 10,
    rtp_gap_b_ms: 20,
    both_held_ms: held,
    calls_up: 1,
    calls_kept: 1,
    active_before: "sp1",
    active_after: "sp2",
    floor_ms: 3,
  },
});

test("the median of an even number is the mean of the two in the middle", (t) => {
  t.is(medianOf([4, 1, 3, 2]), 2.5);
  t.is(medianOf([5, 1, 3]), 3);
  t.is(medianOf([]), null);
});

test("a row has medians, the worst in brackets, and the worst of both_held_ms alone", (t) => {
  const table = markdownTable([runOf(1, 250, 0), runOf(2, 260, 7), runOf(3, 400, 0)]);
  const row = table.split("\n").at(-1);
  t.is(row, "| power-cut | 3 | 260 (400) | - | 10 (10) | 20 (20) | 7 | 3 of 3 |");
});

test("a failed run is told, and has no figures to spoil the others", (t) => {
  const failed: DrillRun = { drill: "power-cut", run: 2, figures: null, failure: "it did not" };
  t.regex(markdownTable([runOf(1, 250, 0), failed]), /\| 2, 1 failed \| 250 \(250\) \|/);
});

test("whether phones were reached is told of results that say so", (t) => {
  const [old, first, second] = [runOf(1, 250, 0), runOf(2, 250, 0), runOf(3, 250, 0)];
  t.notRegex(markdownTable([old]), /TLS phone/);
  const having = (run: DrillRun, more: object): DrillRun => ({
    ...run,
    ...(run.figures === null ? {} : { figures: { ...run.figures, ...more } }),
  });
  const table = markdownTable([
    old,
    having(first, { nat_reached: 1, tls_reached: 1, tls_back_ms: 900 }),
    having(second, { nat_reached: 1, tls_reached: 0, tls_back_ms: null }),
  ]);
  t.regex(table, /\| NAT phone reached \| TLS phone reached \| TLS phone back \|\n/);
  t.regex(table, /\| 2 of 2 \| 1 of 2 \| 900 \(900\) \|$/);
});
