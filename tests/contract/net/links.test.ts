import { once } from "node:events";
import { spawn } from "node:child_process";
import type { ExecutionContext } from "ava";
import test from "ava";

import type { ReceivedHeartbeat } from "../../../ha/core/heartbeat.ts";
import type { Agent } from "./namespaces.ts";
import { Pair } from "./namespaces.ts";

const KEY = "11".repeat(32);
const NEW_KEY = "22".repeat(32);

interface Heard {
  readonly link: string;
  readonly heartbeat: ReceivedHeartbeat;
}

const heard = async (agent: Agent): Promise<Heard> =>
  (await agent.event("heartbeatReceived", 1_000)).detail as Heard;

const withPair = async (
  t: ExecutionContext,
  name: string,
  story: (pair: Pair, sp1: Agent, sp2: Agent) => Promise<void>,
): Promise<void> => {
  const pair = new Pair(name);
  const sp1 = pair.agent(1);
  const sp2 = pair.agent(2);
  t.teardown(() => {
    sp1.stop();
    sp2.stop();
    pair.remove();
  });
  await story(pair, sp1, sp2);
};

test.serial("a heartbeat arrives once on each link, and the answer echoes it", (t) =>
  withPair(t, "links", async (_pair, sp1, sp2) => {
    const session = await sp1.ask("openLinks", 1, [KEY]);
    await sp2.ask("openLinks", 2, [KEY]);
    await sp1.ask("beat", 1, 7);
    const copies = [await heard(sp2), await heard(sp2)];
    t.deepEqual(copies.map(({ link }) => link).sort(), ["crosslink", "lan"]);
    for (const { heartbeat } of copies) {
      t.like(heartbeat, { node: "sp1", term: 7, session, sequence: 1, role: "active" });
      t.is(heartbeat.echoSession, undefined);
    }
    await sp2.ask("beat", 2, 7);
    t.like((await heard(sp1)).heartbeat, { echoSession: session, echoSequence: 1 });
  }),
);

test.serial("after a pause all that waited is read, and only the newest is told", (t) =>
  withPair(t, "drain", async (_pair, sp1, sp2) => {
    await sp1.ask("openLinks", 1, [KEY]);
    await sp2.ask("openLinks", 2, [KEY]);
    const paused = sp2.ask("standStill", 1_500);
    await sp1.ask("beats", 1, 100);
    t.is(await paused, 200);
    await sp2.event("drained", 1_000);
    const told = sp2.events.filter(({ event }) => event === "heartbeatReceived");
    t.is(told.length, 2);
    for (const { detail } of told) t.is((detail as Heard).heartbeat.term, 100);
  }),
);

test.serial("a key the other does not have is unverified, a second key bridges the rotation", (t) =>
  withPair(t, "keys", async (_pair, sp1, sp2) => {
    await sp1.ask("openLinks", 1, [NEW_KEY, KEY]);
    await sp2.ask("openLinks", 2, [KEY]);
    await sp1.ask("beat", 1, 1);
    const { detail } = await sp2.event("datagramRefused", 1_000);
    t.is((detail as { reason: string }).reason, "unverified");
    await sp2.ask("beat", 2, 2);
    t.is((await heard(sp1)).heartbeat.term, 2);
  }),
);

test.serial("garbage from the peer's cable is told, garbage of a stranger on the LAN is not", (t) =>
  withPair(t, "garbage", async (pair, sp1, sp2) => {
    await sp1.ask("openLinks", 1, [KEY]);
    pair.ip(2, "addr", "add", "192.0.2.66/24", "dev", "eth0");
    const send = async (from: string, to: string): Promise<void> => {
      const script = `const s = require("node:dgram").createSocket("udp4");
        s.bind({ address: "${from}", port: 0 }, () =>
          s.send("garbage", 694, "${to}", () => s.close()));`;
      const namespace = pair.namespaces[1];
      const child = spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", script]);
      await once(child, "exit");
    };
    await send("192.0.2.66", "192.0.2.11");
    await send("192.168.255.252", "192.168.255.251");
    const { detail } = await sp1.event("datagramRefused", 1_000);
    t.deepEqual(detail, { kind: "datagramRefused", link: "crosslink", reason: "unverified" });
    t.is(sp1.events.filter(({ event }) => event === "datagramRefused").length, 0);
    sp2.stop();
  }),
);

test.serial("a link whose address is missing says so and binds when it comes", (t) =>
  withPair(t, "rebind", async (pair, sp1, sp2) => {
    pair.ip(1, "addr", "del", "192.168.255.251/29", "dev", "eth1");
    await sp1.ask("openLinks", 1, [KEY]);
    await sp2.ask("openLinks", 2, [KEY]);
    const down = await sp1.event("linkUnbound", 1_000);
    t.like(down.detail, { link: "crosslink", reason: "EADDRNOTAVAIL" });
    await sp1.ask("beat", 1, 1);
    t.is((await heard(sp2)).link, "lan");

    pair.ip(1, "addr", "add", "192.168.255.251/29", "dev", "eth1");
    await sp1.ask("networkChanged");
    sp1.events.splice(
      0,
      sp1.events.findIndex(({ event }) => event === "linkBound"),
    );
    await sp1.ask("beat", 1, 2);
    const links = [(await heard(sp2)).link, (await heard(sp2)).link];
    t.deepEqual(links.sort(), ["crosslink", "lan"]);
  }),
);

test.serial("a network that cannot be reached is counted, not thrown", (t) =>
  withPair(t, "unreach", async (pair, sp1) => {
    await sp1.ask("openLinks", 1, [KEY]);
    pair.ip(1, "link", "set", "eth1", "down");
    await sp1.ask("beat", 1, 1);
    await sp1.ask("beat", 1, 2);
    t.deepEqual(await sp1.ask("sendErrors", "crosslink"), ["ENETUNREACH"]);
    t.deepEqual(await sp1.ask("sendErrors", "lan"), []);
  }),
);

test.serial("an interface that vanishes and comes back carries heartbeats again", (t) =>
  withPair(t, "vanish", async (pair, sp1, sp2) => {
    await sp1.ask("openLinks", 1, [KEY]);
    await sp2.ask("openLinks", 2, [KEY]);
    const [, two] = pair.namespaces;
    pair.ip(1, "link", "del", "eth1");
    await sp1.ask("beat", 1, 1);
    t.is((await heard(sp2)).link, "lan");
    pair.ip(1, "link", "add", "eth1", "type", "veth", "peer", "name", "eth1", "netns", two);
    pair.ip(1, "addr", "add", "192.168.255.251/29", "dev", "eth1");
    pair.ip(2, "addr", "add", "192.168.255.252/29", "dev", "eth1");
    pair.ip(1, "link", "set", "eth1", "up");
    pair.ip(2, "link", "set", "eth1", "up");
    await sp1.ask("beat", 1, 2);
    const links = [(await heard(sp2)).link, (await heard(sp2)).link];
    t.deepEqual(links.sort(), ["crosslink", "lan"]);
  }),
);

test.serial("a port that is taken is told", (t) =>
  withPair(t, "taken", async (_pair, sp1) => {
    await sp1.ask("openLinks", 1, [KEY]);
    await sp1.ask("openLinks", 1, [KEY]);
    const down = await sp1.event("linkUnbound", 1_000);
    t.like(down.detail, { reason: "EADDRINUSE" });
  }),
);
