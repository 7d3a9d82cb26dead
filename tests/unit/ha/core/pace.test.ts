import test from "ava";
import { nextTickAt, paceMs } from "../../../../ha/core/pace.ts";
import { instant, millis } from "../../../../ha/core/time.ts";
import { beat, born, feed, hear, run } from "./pair.ts";
import type { Node } from "./pair.ts";

const AT = 1_000;

/** A standby of a pair at rest that ticked, spoke and heard its active peer at 1000 ms. */
const resting = (): Node => {
  const node = born("sp2");
  feed(node, 0, { kind: "pingNodesProbed", reached: 2, total: 2 });
  feed(node, 0, { kind: "replicationReported", inSync: true, detail: "in sync" });
  run(node, 0, AT - 20, {});
  for (const link of ["crosslink", "lan"] as const)
    feed(node, AT, {
      kind: "heartbeatReceived",
      link,
      heartbeat: beat(node, { sequence: AT }),
      unheardMs: millis(0),
    });
  feed(node, AT, { kind: "tick" });
  return node;
};

const nextIn = ({ state, settings }: Node, lastTickAt = AT): number =>
  nextTickAt(state, settings, instant(lastTickAt)) - AT;

test("a pair at rest ticks with its heartbeats", (t) => {
  const node = resting();
  t.is(paceMs(node.state, node.settings), node.settings.heartbeatMs);
  t.is(nextIn(node), (node.state.said?.at ?? 0) + node.settings.heartbeatMs - AT);
});

test("two heartbeats after the peer was last heard the ticks are close again", (t) => {
  const node = resting();
  for (const at of [1_050, 1_090, 1_100]) feed(node, at, { kind: "tick" });
  t.true(nextIn(node, 1_100) <= 100 + node.settings.tickMs);
});

const DISTURBANCES: Readonly<Record<string, (node: Node) => void>> = {
  "a carrier": (node) => feed(node, AT, { kind: "carrierChanged", link: "lan", up: false }),
  "a ping node": (node) => feed(node, AT, { kind: "pingNodesProbed", reached: 1, total: 2 }),
  "a command": (node) =>
    feed(node, AT, {
      kind: "commandReceived",
      id: 1,
      command: { kind: "makeActive", force: false },
    }),
  "the peer's role": (node) => hear(node, AT, { role: "demoting", sequence: AT + 1 }),
  "a shutdown": (node) => feed(node, AT, { kind: "shutdownRequested" }),
};

for (const [what, disturb] of Object.entries(DISTURBANCES))
  test(`${what} that changes brings the ticks close`, (t) => {
    const node = resting();
    disturb(node);
    t.is(nextIn(node), node.settings.tickMs);
    t.is(paceMs(node.state, node.settings), node.settings.tickMs);
  });
