import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { withoutKernelTable } from "../../../components/kernel-table.ts";
import { rtpengine } from "../../../components/rtpengine.ts";
import { APPLIANCE } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { betweenBothPhones } from "./both-phones.ts";

const TABLE = 7;
const node = new EngineNode("kerneltable", {
  ...APPLIANCE,
  rtp: { ...APPLIANCE.rtp, table: TABLE },
});
const lan = new Lan(node);
betweenBothPhones(node, lan);

/** What the component names, as seen from outside the node. */
const inNode = () => {
  const { namedIn = "", directory = "" } = rtpengine.kernelTable ?? {};
  return { namedIn: join(node.root, namedIn), directory: join(node.root, directory) };
};

test.serial(
  "a relay whose kernel has no such table says so, and relays in user space",
  async (t) => {
    const journal = await node.run("journalctl -u ngcp-rtpengine -o cat");
    t.regex(journal, new RegExp(`FAILED TO CREATE KERNEL TABLE ${TABLE} .*FORWARDING DISABLED`));
    t.is(await node.state("ngcp-rtpengine"), "active");
    const { answer, callId } = await lan.dial("a", "b");
    t.is(answer, "200 OK");
    t.is((await lan.phones.ask({ kind: "bye", phone: "a", callId })).status, 200);
  },
);

test.serial("the service control names the table that is not there", async (t) => {
  t.is(await withoutKernelTable(inNode()), `user space: no kernel table ${TABLE}`);
});

test.serial("and says nothing where the table is there", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "ngcp-tables-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, String(TABLE)));
  t.is(await withoutKernelTable({ ...inNode(), directory }), "");
});

test.serial("nor where the relay is to have none", async (t) => {
  await node.run(`sed -i 's/^table = ${TABLE}$/table = -1/' ${rtpengine.kernelTable?.namedIn}`);
  t.is(await withoutKernelTable(inNode()), "");
});
