import test from "ava";
import { failing } from "../../unit/ops/daemon-of-a-test.ts";
import { withTwoNodes, type TestNode } from "./two-nodes.ts";

const FAILS = failing("mysql");

const SOCKET = "etc/systemd/system/ngcp-pair.socket";

/** The addresses of both nodes on the crosslink become others of the same net, in the files of `node` alone. */
const edited = async ({
  ngcpcfg,
}: TestNode): Promise<{ readonly sp1: string; readonly sp2: string }> => {
  const old = (await ngcpcfg("get", "hosts.sp1.eth1.ip")).said;
  const others = { sp1: old.replace(/1$/, "3"), sp2: old.replace(/1$/, "4") };
  await ngcpcfg("set", `hosts.sp1.eth1.ip=${others.sp1}`, `hosts.sp2.eth1.ip=${others.sp2}`);
  return others;
};

const listensAt = async (node: TestNode): Promise<string | undefined> =>
  /^ListenStream=(.*):6946$/m.exec(await node.read(SOCKET))?.[1];

test.serial(
  "the addresses of the crosslink are changed by --pair alone, and from either node; the answer of the exchange that changes them arrives",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      const old = { sp1: await listensAt(sp1), sp2: await listensAt(sp2) };
      const others = await edited(sp1);
      t.is((await sp1.ngcpcfg("apply", "alone")).end, "refused");

      const applied = await sp1.ngcpcfg("apply", "--pair", "another net");
      t.is(applied.end, "done", applied.complained);
      t.regex(
        applied.said,
        /sp2: Restarting ngcp-pair\.socket: OK[^]*sp1: Restarting ngcp-pair\.socket: OK[^]*sp2 and sp1 are at /,
      );
      t.deepEqual({ sp1: await listensAt(sp1), sp2: await listensAt(sp2) }, others);
      for (const { orders } of [sp1, sp2])
        t.deepEqual(orders.slice(0, 3), [
          "ngcp-pair.socket",
          "ngcp-clone.socket",
          "ngcp-ha.service",
        ]);
      for (const [node, other] of [
        [sp1, "sp2"],
        [sp2, "sp1"],
      ] as const)
        t.regex((await node.ngcpcfg("status")).said, new RegExp(`${other} has the same, at `));

      await sp2.ngcpcfg("set", `hosts.sp1.eth1.ip=${old.sp1}`, `hosts.sp2.eth1.ip=${old.sp2}`);
      const back = await sp2.ngcpcfg("apply", "--pair", "as before");
      t.is(back.end, "done", back.complained);
      t.deepEqual({ sp1: await listensAt(sp1), sp2: await listensAt(sp2) }, old);
      t.is((await sp1.ngcpcfg("push")).end, "done");
    });
  },
);

test.serial(
  "where this node does not take the new addresses, the peer is found and taken back",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      const old = await listensAt(sp2);
      await edited(sp1);
      sp1.answer = FAILS;
      const failed = await sp1.ngcpcfg("apply", "--pair", "another net");
      t.is(failed.end, "failed");
      t.regex(failed.complained, /sp1 did not take the change: both nodes run as before/);
      t.is(await listensAt(sp2), old);
      t.is((await sp1.ngcpcfg("push")).end, "done");
    });
  },
);

test.serial(
  "a peer that alone runs with the new addresses is found there, and the change gone on with",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      const others = await edited(sp1);
      await edited(sp2);
      await sp2.ngcpcfg("build");
      await sp2.listenAnew();
      t.is((await sp1.ngcpcfg("push")).end, "unreachable");
      const applied = await sp1.ngcpcfg("apply", "--pair", "another net");
      t.is(applied.end, "done", applied.complained);
      t.deepEqual({ sp1: await listensAt(sp1), sp2: await listensAt(sp2) }, others);
      t.regex((await sp2.ngcpcfg("status")).said, /sp1 has the same, at [0-9a-f]{12}$/m);
    });
  },
);
