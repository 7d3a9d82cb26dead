import test from "ava";
import type { HaEvent } from "../../../../ha/core/event.ts";
import type { ReceivedHeartbeat } from "../../../../ha/core/heartbeat.ts";
import { nextTick, paceMs } from "../../../../ha/core/pace.ts";
import { isQuiet } from "../../../../ha/core/quiet.ts";
import { instant, millis } from "../../../../ha/core/time.ts";
import { beat, born, feed, hear, run } from "./pair.ts";
import type { Node } from "./pair.ts";

type HeartbeatReceived = Extract<HaEvent, { kind: "heartbeatReceived" }>;

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

const NEWS: readonly Partial<ReceivedHeartbeat>[] = [
  { role: "demoting" },
  { term: 4 },
  { handover: "prepare" },
  { forced: true },
  { eligible: false },
  { willing: false },
  { lastHeldTerm: 2 },
  { inSync: false },
  { lanCarrier: false },
  { pingNodesReached: 1 },
  { understands: false },
  { pairServed: false },
  { session: "another" },
  { echoSession: undefined },
  { deadMs: millis(500) },
  { sharedAddressesHash: "theirs" },
  { version: "0.2.0" },
];

const OTHER_LINK_ONLY = { crosslink: instant(AT - 200), lan: instant(AT) };

const heartbeatAt = (node: Node, said: Partial<ReceivedHeartbeat>): HeartbeatReceived => ({
  kind: "heartbeatReceived",
  link: "crosslink",
  heartbeat: beat(node, { sequence: AT + 1, ...said }),
  unheardMs: millis(0),
  at: instant(AT + 50),
});

const nextIn = ({ state, settings }: Node, lastTickAt = AT): number =>
  nextTick(state, settings, instant(lastTickAt)).due - AT;

test("a pair at rest ticks with its heartbeats", (t) => {
  const node = resting();
  t.is(paceMs(node.state, node.settings), node.settings.heartbeatMs);
  const heartbeatIn = (node.state.said?.at ?? 0) + node.settings.heartbeatMs - AT;
  t.is(nextIn(node), heartbeatIn + node.settings.tickMs / 2);
});

test("a standby lets the heartbeat of its active peer go first, and speaks in the same turn", (t) => {
  const node = resting();
  const { from, due } = nextTick(node.state, node.settings, instant(AT));
  const spokeAt = node.state.said?.at ?? 0;
  t.true(from < spokeAt + node.settings.heartbeatMs && spokeAt + node.settings.heartbeatMs < due);
  t.deepEqual(hear(node, from, { sequence: from }), []);
  const effects = feed(node, from, { kind: "tick" });
  t.deepEqual(
    effects.map(({ kind }) => kind),
    ["sendHeartbeat"],
  );
});

test("two heartbeats after the peer was last heard the ticks are close again", (t) => {
  const node = resting();
  for (const at of [1_050, 1_090, 1_100]) feed(node, at, { kind: "tick" });
  t.true(nextIn(node, 1_100) <= 100 + node.settings.tickMs);
});

test("a heartbeat that repeats the one before decides nothing; one that says something else does", (t) => {
  const node = resting();
  t.true(isQuiet(node.state, heartbeatAt(node, {}), node.settings));
  for (const said of NEWS) {
    const event = heartbeatAt(node, said);
    t.false(isQuiet(node.state, event, node.settings), JSON.stringify(said));
  }
});

test("a heartbeat after a gap, on a link that was silent, or of a peer that is deaf is no routine", (t) => {
  const node = resting();
  const late = { ...heartbeatAt(node, {}), at: instant(AT + 71) };
  t.false(isQuiet(node.state, late, node.settings));
  const deaf = { ...heartbeatAt(node, {}), unheardMs: node.settings.yieldMs };
  t.false(isQuiet(node.state, deaf, node.settings));
  const silent = { ...node.state, peer: { ...node.state.peer, heardAt: OTHER_LINK_ONLY } };
  t.false(isQuiet(silent, heartbeatAt(node, {}), node.settings));
});

test("a tick of a pair at rest says again what was said, and every fourth looks at everything", (t) => {
  const node = resting();
  const looks: number[] = [];
  for (let at = AT + 50; at <= AT + 800; at += 50) {
    const before = node.state.decidedAt;
    for (const link of ["crosslink", "lan"] as const) hear(node, at, { sequence: at }, link);
    const effects = feed(node, at, { kind: "tick" });
    t.deepEqual(
      effects.map(({ kind }) => kind),
      ["sendHeartbeat"],
    );
    if (node.state.decidedAt !== before) looks.push(at - AT);
  }
  t.deepEqual(looks, [200, 400, 600, 800]);
});

test("a tick that finds the peer silent on one link for two heartbeats looks at everything", (t) => {
  const node = resting();
  for (const at of [AT + 50, AT + 100]) {
    hear(node, at, { sequence: at });
    feed(node, at, { kind: "tick" });
  }
  t.is(node.state.decidedAt, instant(AT + 100));
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
