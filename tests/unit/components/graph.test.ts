import test from "ava";
import fc from "fast-check";
import { COMPONENTS } from "../../../components/index.ts";
import {
  cycles,
  dependents,
  startOrder,
  stopOrder,
  unknownDependencies,
} from "../../../components/graph.ts";
import type { GraphNode } from "../../../components/graph.ts";

const PAIR: readonly GraphNode[] = [
  { name: "lb", dependsOn: [] },
  { name: "proxy", dependsOn: ["mysql"] },
  { name: "rtpengine", dependsOn: ["redis"] },
  { name: "asterisk", dependsOn: ["proxy", "mysql"] },
  { name: "mysql", dependsOn: [] },
  { name: "redis", dependsOn: [] },
];

test("dependencies start first and stop last", (t) => {
  t.deepEqual(startOrder(PAIR), [["lb", "mysql", "redis"], ["proxy", "rtpengine"], ["asterisk"]]);
  t.deepEqual(stopOrder(PAIR), [["asterisk"], ["proxy", "rtpengine"], ["lb", "mysql", "redis"]]);
});

test("a part of the list is ordered as if the rest ran already", (t) => {
  t.deepEqual(startOrder(PAIR.filter((node) => node.name !== "mysql")), [
    ["lb", "proxy", "redis"],
    ["asterisk", "rtpengine"],
  ]);
});

test("stopping a component names all that need it, the last started first", (t) => {
  t.deepEqual(dependents(PAIR, "mysql"), ["asterisk", "proxy"]);
  t.deepEqual(dependents(PAIR, "asterisk"), []);
});

test("a circle is named and never started", (t) => {
  const circle = [
    { name: "a", dependsOn: ["b"] },
    { name: "b", dependsOn: ["a"] },
    { name: "c", dependsOn: [] },
    { name: "d", dependsOn: ["a"] },
  ];
  t.deepEqual(startOrder(circle), [["c"]]);
  t.deepEqual(cycles(circle), ["a", "b", "d"]);
  t.deepEqual(dependents(circle, "a"), []);
});

test("a name that nobody has is told", (t) => {
  t.deepEqual(unknownDependencies([{ name: "proxy", dependsOn: ["mysql"] }]), ["mysql"]);
});

test("the components of this appliance form a sound graph", (t) => {
  t.deepEqual(cycles(COMPONENTS), []);
  t.deepEqual(unknownDependencies(COMPONENTS), []);
  t.is(new Set(COMPONENTS.map((component) => component.name)).size, COMPONENTS.length);
});

/** Each component may need earlier ones only, so the graph has no circle. */
const acyclic = fc.array(fc.array(fc.nat(20), { maxLength: 4 }), { maxLength: 12 }).map((needs) =>
  needs.map((needed, index) => ({
    name: `c${index}`,
    dependsOn: needed.filter((other) => other < index).map((other) => `c${other}`),
  })),
);

test("whatever the graph, everything starts once and after all it needs", (t) => {
  fc.assert(
    fc.property(acyclic, (nodes) => {
      const order = startOrder(nodes).flat();
      t.deepEqual([...order].sort(), nodes.map((node) => node.name).sort());
      for (const node of nodes)
        for (const needed of node.dependsOn)
          t.true(order.indexOf(needed) < order.indexOf(node.name));
    }),
  );
});
