import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "ava";

import { Pair } from "./namespaces.ts";

const pair = new Pair("probes");
const sp1 = pair.agent(1);
const sp2 = pair.agent(2);

test.before(() => pair.ready());

test.after.always(() => {
  sp1.stop();
  sp2.stop();
  pair.remove();
});

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

test.serial(
  "carrier is told at the start and within 100 ms of a change, also of a quick second one",
  async (t) => {
    await sp1.ask("watchCarrier");
    t.true((await sp1.event("carrier lan", 1_000)).detail);
    t.true((await sp1.event("carrier crosslink", 1_000)).detail);
    for (const state of ["down", "up", "down", "up"] as const) {
      pair.ip(2, "link", "set", "eth0", state);
      const changedMs = nowMs();
      const { detail, atMs } = await sp1.event("carrier lan", 1_000);
      t.is(detail, state === "up");
      t.log(`${state}: told ${(atMs - changedMs).toFixed(1)} ms after ip ended`);
      t.true(atMs - changedMs < 100);
    }
    pair.ip(1, "link", "del", "eth1");
    t.false((await sp1.event("carrier crosslink", 1_000)).detail);
  },
);

test.serial("ping nodes are reached, fall silent within a second, and come back", async (t) => {
  pair.ip(2, "addr", "add", "192.0.2.2/24", "dev", "eth0");
  pair.ip(2, "addr", "add", "2001:db8::2/64", "dev", "eth0", "nodad");
  await sp1.ask("ping", ["192.0.2.12", "192.0.2.2", "2001:db8::2"]);
  t.deepEqual((await sp1.event("reached", 2_000)).detail, { reached: 3, total: 3 });
  const began = nowMs();
  pair.ip(2, "addr", "del", "192.0.2.2/24", "dev", "eth0");
  const lost = await sp1.event("reached", 2_000);
  t.deepEqual(lost.detail, { reached: 2, total: 3 });
  t.log(`one that fell silent: told after ${(lost.atMs - began).toFixed(0)} ms`);
  pair.ip(2, "addr", "add", "192.0.2.2/24", "dev", "eth0");
  t.deepEqual((await sp1.event("reached", 3_000)).detail, { reached: 3, total: 3 });
  t.is(sp1.events.filter(({ event }) => event === "reached").length, 0);
});

const RESPONDER = `
  const s = require("node:dgram").createSocket("udp4");
  s.on("message", (m, from) => {
    const text = m.toString();
    const lines = text.split("\\r\\n").slice(1).filter((l) => /^(Via|From|To|Call-ID|CSeq):/.test(l));
    const reply = (status) => s.send(["SIP/2.0 " + status, ...lines, "", ""].join("\\r\\n"), from.port, from.address);
    if (!text.startsWith("OPTIONS sip:probe@192.0.2.12 ")) return;
    reply("100 Trying");
    if (process.argv[1] === "final") reply("404 Not Found");
  });
  s.bind(5060, "192.0.2.12", () => console.log("ready"));`;

const FROM_SP1 = { port: 5060, source: "192.0.2.11" } as const;

for (const [kind, answered] of [
  ["final", true],
  ["provisional", false],
] as const) {
  test.serial(`a ${kind} SIP reply ${answered ? "is" : "is no"} answer`, async (t) => {
    const args = ["netns", "exec", pair.namespaces[1], process.execPath, "-e", RESPONDER, kind];
    const responder = spawn("ip", args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(responder.stdout, "data");
    const options = { ...FROM_SP1, target: "192.0.2.12", againAfterMs: 150, timeoutMs: 300 };
    const { result, ms } = await sp1.ask("sip", options);
    responder.kill("SIGKILL");
    await once(responder, "exit");
    t.is(result, answered);
    t.log(`after ${ms.toFixed(1)} ms`);
  });
}

test.serial("nobody at the address is no answer, in time", async (t) => {
  const options = { ...FROM_SP1, target: "192.0.2.77", againAfterMs: 75, timeoutMs: 150 };
  const { result, ms } = await sp1.ask("sip", options);
  t.false(result);
  t.true(ms < 400);
  t.false((await sp1.ask("sip", { ...options, source: "192.0.2.99" })).result);
});
