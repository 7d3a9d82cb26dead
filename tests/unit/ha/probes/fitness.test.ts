import test from "ava";
import type { ComponentFact, HealthFacts } from "../../../../ha/probes/fitness.ts";
import { unfitReasons } from "../../../../ha/probes/fitness.ts";

const GIB = 1024 ** 3;

const component = (fact: Partial<ComponentFact>): ComponentFact => ({
  name: "lb",
  runsOn: "active",
  unansweredMs: 0,
  restartedInVain: false,
  ...fact,
});

const facts = (given: Partial<HealthFacts>): HealthFacts => ({
  serving: true,
  components: [],
  host: {
    disks: [{ path: "/var/lib/ngcp-ha", unansweredMs: 0, problem: "", freeBytes: GIB }],
    availableBytes: GIB,
  },
  ...given,
});

const disk = (fact: Partial<HealthFacts["host"]["disks"][number]>): HealthFacts["host"] => ({
  disks: [{ path: "/var/lib/ngcp-ha", unansweredMs: 0, problem: "", freeBytes: GIB, ...fact }],
  availableBytes: GIB,
});

test("a node on which all is well is fit", (t) => {
  t.deepEqual(unfitReasons(facts({ components: [component({})] })), []);
});

test("a component that is silent is no reason before a restart has been in vain", (t) => {
  const silent = component({ unansweredMs: 10_000 });
  t.deepEqual(unfitReasons(facts({ components: [silent] })), []);
  t.deepEqual(unfitReasons(facts({ components: [{ ...silent, restartedInVain: true }] })), [
    "lb does not answer, also after a restart",
  ]);
});

test("a component of the active node does not count on a standby", (t) => {
  const broken = component({ unansweredMs: 10_000, restartedInVain: true });
  t.deepEqual(unfitReasons(facts({ serving: false, components: [broken] })), []);
});

test("MariaDB silent for 3 s makes either node unfit, and not a moment earlier", (t) => {
  const mysql = (unansweredMs: number): ComponentFact =>
    component({ name: "mysql", runsOn: "both", unansweredMs });
  for (const serving of [true, false]) {
    t.deepEqual(unfitReasons(facts({ serving, components: [mysql(2_999)] })), []);
    t.deepEqual(unfitReasons(facts({ serving, components: [mysql(3_000)] })), [
      "mysql has not answered for 3 s",
    ]);
  }
});

test("the sentence stays the same while the fault lasts", (t) => {
  const after = (unansweredMs: number): readonly string[] =>
    unfitReasons(facts({ host: disk({ unansweredMs }) }));
  t.deepEqual(after(3_000), after(90_000));
});

test("a disk that hangs, fails or is full makes either node unfit", (t) => {
  for (const serving of [true, false]) {
    t.deepEqual(unfitReasons(facts({ serving, host: disk({ unansweredMs: 2_999 }) })), []);
    t.is(unfitReasons(facts({ serving, host: disk({ unansweredMs: 3_000 }) })).length, 1);
    t.is(unfitReasons(facts({ serving, host: disk({ problem: "EROFS" }) })).length, 1);
    t.is(unfitReasons(facts({ serving, host: disk({ freeBytes: 1_000 }) })).length, 1);
  }
});

test("memory that has run out counts where the node serves", (t) => {
  const host = { ...disk({}), availableBytes: 1_000 };
  t.is(unfitReasons(facts({ host })).length, 1);
  t.deepEqual(unfitReasons(facts({ serving: false, host })), []);
});
