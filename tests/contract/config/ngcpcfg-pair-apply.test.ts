import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { failing } from "../../unit/ops/daemon-of-a-test.ts";
import { MEDIA, withTwoNodes, type TestNode, type TwoNodes } from "./two-nodes.ts";
import { WRONG } from "./wrong-configurations.ts";

const FAILS = failing("rtpengine");

const SETTINGS = "etc/ngcp-ha/settings.json";

/** What runs, and the messages of the history: who committed them, and when, makes no difference. */
const stateOf = async (node: TestNode): Promise<readonly string[]> => [
  await node.read(MEDIA),
  await node.read(SETTINGS),
  (await node.ngcpcfg("log")).said.replaceAll(/^\S+ \S+ \S+ \S+ /gm, ""),
];

const deadMs = async (node: TestNode): Promise<unknown> =>
  (JSON.parse(await node.read(SETTINGS)) as { ha: { deadMs: number } }).ha.deadMs;

test.serial(
  "a change with --pair is in force and committed on both nodes, the standby first",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      await sp1.ngcpcfg("set", "ha.dead_ms=300");
      const applied = await sp1.ngcpcfg("apply", "--pair", "more patience");
      t.is(applied.end, "done", applied.complained);
      t.regex(
        applied.said,
        /sp2: Restarting ngcp-ha[^]*sp1: Restarting ngcp-ha[^]*Committed: more patience[^]*sp2 and sp1 are at /,
      );
      for (const node of [sp1, sp2]) {
        t.is(await deadMs(node), 300);
        t.deepEqual(node.orders, ["ngcp-ha.service"]);
        t.regex((await node.ngcpcfg("log")).said, /more patience/);
        t.is((await node.ngcpcfg("diff")).said, "");
      }
      // On the standby the same is done in the other order.
      await sp2.ngcpcfg("set", "ha.dead_ms=280");
      const second = await sp2.ngcpcfg("apply", "--pair", "less patience");
      t.is(second.end, "done", second.complained);
      t.regex(second.said, /sp2: Restarting ngcp-ha[^]*sp1: Restarting ngcp-ha/);
      t.deepEqual([await deadMs(sp1), await deadMs(sp2)], [280, 280]);
    });
  },
);

test.serial("a key on which both nodes must agree is changed by --pair alone", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    const before = [await stateOf(sp1), await stateOf(sp2)];
    await sp1.ngcpcfg("set", "ha.dead_ms=300");
    await sp1.ngcpcfg(
      "set",
      "hosts.sp1.eth0.shared_ip=[192.0.2.20]",
      "hosts.sp2.eth0.shared_ip=[192.0.2.20]",
    );
    const refused = await sp1.ngcpcfg("apply", "alone");
    t.is(refused.end, "refused");
    t.regex(
      refused.complained,
      /Error: config\.yml:\d+:\d+ ha\.dead_ms: is 300, and 250 on both nodes[^]*network\.yml:\d+:\d+ hosts\.sp1\.eth0\.shared_ip: is \["192\.0\.2\.20"\][^]*NGCP_CONCERNS_BOTH_NODES: .*apply --pair/,
    );
    t.deepEqual([await stateOf(sp1), await stateOf(sp2)], before);
    // Nor does a commit, or a build, lead around it.
    await sp1.ngcpcfg("commit", "alone");
    t.is((await sp1.ngcpcfg("apply")).end, "refused");
    t.is((await sp1.ngcpcfg("push")).end, "refused");
    await sp1.ngcpcfg("build");
    t.is((await sp1.ngcpcfg("apply")).end, "refused");
    t.is((await sp1.ngcpcfg("apply", "--pair")).end, "done");
    t.deepEqual([await deadMs(sp1), await deadMs(sp2)], [300, 300]);
    t.is((await sp1.ngcpcfg("apply")).end, "done");
  });
});

test.serial("where the standby does not take it, nothing is begun on this node", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    const before = [await stateOf(sp1), await stateOf(sp2)];
    await sp1.ngcpcfg("set", "qos.tos_rtp=96");
    sp2.answer = FAILS;
    const failed = await sp1.ngcpcfg("apply", "--pair", "softer media");
    t.is(failed.end, "failed");
    t.regex(failed.complained, /sp2 did not take .* runs as before; sp1 was not touched/);
    t.deepEqual([await stateOf(sp1), await stateOf(sp2)], before);
    t.deepEqual(sp1.orders, []);
  });
});

const secondFails = async (
  t: ExecutionContext,
  { sp1, sp2 }: TwoNodes,
  caller: TestNode,
): Promise<void> => {
  const before = [await stateOf(sp1), await stateOf(sp2)];
  await caller.ngcpcfg("set", "qos.tos_rtp=96");
  const { answer } = sp1;
  sp1.answer = FAILS;
  const failed = await caller.ngcpcfg("apply", "--pair", "softer media");
  t.is(failed.end, "failed");
  t.regex(failed.said, /Taking sp2 back to what it ran before/);
  t.regex(failed.complained, /sp1 did not take the change: both nodes run as before/);
  t.deepEqual([await stateOf(sp1), await stateOf(sp2)], before);
  sp1.answer = answer;
  t.is((await caller.ngcpcfg("apply", "--pair", "softer media")).end, "done");
  for (const node of [sp1, sp2]) t.regex(await node.read(MEDIA), /tos = 96/);
};

test.serial(
  "where the active node does not take it, the standby is taken back to what it ran",
  async (t) => {
    await withTwoNodes((nodes) => secondFails(t, nodes, nodes.sp1));
  },
);

test.serial("the same, called on the standby", async (t) => {
  await withTwoNodes((nodes) => secondFails(t, nodes, nodes.sp2));
});

test.serial("a dry run with --pair says what both would do, and does nothing", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    const before = [await stateOf(sp1), await stateOf(sp2)];
    await sp1.ngcpcfg("set", "ha.dead_ms=300");
    const dry = await sp1.ngcpcfg("apply", "--pair", "--dry-run");
    t.is(dry.end, "done", dry.complained);
    t.regex(
      dry.said,
      /sp1: TEST MODE: Would restart ngcp-ha[^]*sp2: TEST MODE: Would restart ngcp-ha/,
    );
    t.deepEqual([await stateOf(sp1), await stateOf(sp2)], before);
  });
});

test.serial("without a peer that answers nothing is begun", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    const before = [await stateOf(sp1), await stateOf(sp2)];
    await sp2.hangUp();
    await sp1.ngcpcfg("set", "ha.dead_ms=300");
    const ended = await sp1.ngcpcfg("apply", "--pair", "more patience");
    t.is(ended.end, "unreachable");
    t.deepEqual([await stateOf(sp1), await stateOf(sp2)], before);
  });
});

test.serial("each of the wrong configurations leaves both nodes as they were", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    const before = [await stateOf(sp1), await stateOf(sp2)];
    for (const [content, file, message] of WRONG) {
      await writeFile(join(sp1.config, file), `${content}\n`);
      const refused = await sp1.ngcpcfg("apply", "--pair", "wrong");
      t.is(refused.end, "failed", content);
      t.regex(refused.complained, message);
      t.deepEqual([sp1.orders, sp2.orders], [[], []], content);
    }
    t.deepEqual([await stateOf(sp1), await stateOf(sp2)], before);
    await t.throwsAsync(readFile(join(sp2.config, "config.local.yml")), { code: "ENOENT" });
  });
});

test.serial(
  "what is wrong on the peer alone is found there, and leaves both nodes as they were",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      const before = [await stateOf(sp1), await stateOf(sp2)];
      await writeFile(join(sp1.config, "config.sp2.yml"), "qos: {tos_rtp: loud}\n");
      const refused = await sp1.ngcpcfg("apply", "--pair", "wrong on sp2");
      t.is(refused.end, "failed");
      t.regex(refused.complained, /sp2: Error: config\.sp2\.yml:1:16 qos\.tos_rtp: is "loud"/);
      t.deepEqual([await stateOf(sp1), await stateOf(sp2)], before);
    });
  },
);
