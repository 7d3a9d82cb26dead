import { setTimeout as pause } from "node:timers/promises";
import test from "ava";
import { APPLIANCE, DOMAIN } from "./appliance.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { openActiveNode } from "./wires.ts";

const REQUESTS = 400;
/** They come a hundred milliseconds apart: all at once they do not fit into the socket of an lb that waits for the processor. */
const PORTION = 50;
const PORTION_MS = 100;
const PORTIONS = REQUESTS / PORTION;
/** Until the first, quick repetitions of each are over. */
const SETTLED_MS = 3_000;
const COUNTED_MS = 3_000;

const node = new EngineNode("silent", APPLIANCE);
const lan = new Lan(node);

/** How many UDP datagrams the node has sent since it booted. */
const sent = async (): Promise<number> =>
  Number(await node.run("awk '/^Udp: [0-9]/ { print $5 }' /proc/net/snmp"));

const waiting = async (): Promise<number> => {
  const dump = await node.run("kamcmd -s /run/ngcp-lb/ctl htable.get waiting all || true");
  return Number(/value: (\d+)/.exec(dump)?.[1] ?? 0);
};

const portion = async (index: number): Promise<readonly string[]> => {
  await pause(index * PORTION_MS);
  const messages = Array.from({ length: PORTION }, () =>
    requestText({ uri: `sip:${DOMAIN}`, method: "REGISTER" }),
  );
  return await lan.datagrams(messages, { waitMs: 40_000 });
};

test.before(() => openActiveNode(node));

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

// A proxy that hung for 30 s under 40 registrations a second got 5,000 repetitions a second, and could never catch up.
test.serial(
  "a proxy that says nothing is not buried under repetitions, and all of them are answered when it speaks again",
  async (t) => {
    const { lb, sip } = APPLIANCE;
    await node.run("systemctl kill -s STOP ngcp-proxy");
    const answers = Promise.all(Array.from({ length: PORTIONS }, (_none, index) => portion(index)));
    await pause(PORTIONS * PORTION_MS + SETTLED_MS);
    const before = await sent();
    await pause(COUNTED_MS);
    const perSecond = ((await sent()) - before) / (COUNTED_MS / 1000);
    t.log(`${perSecond} datagrams a second, ${await waiting()} requests wait`);
    t.is(await waiting(), REQUESTS);
    // Those that came first are repeated as quickly as one alone would be, and the later ones the less often the more there were.
    const most =
      lb.proxyRetriesPerSecond *
      (1 + Math.log((REQUESTS * 1000) / lb.proxyRetriesPerSecond / lb.proxyRetryMaxMs));
    t.true(perSecond <= most * 1.2, `${perSecond} a second are more than ${most}`);
    t.true(perSecond >= (REQUESTS * 1000) / sip.timers.t2Ms / 2, `${perSecond} a second are few`);

    await node.run("systemctl kill -s CONT ngcp-proxy");
    const challenged = (await answers).flat().filter((answer) => answer.startsWith("SIP/2.0 401"));
    t.is(challenged.length, REQUESTS);
    await until(async () => (await waiting()) === 0, 5_000);
  },
);

// The node stood down with an INVITE whose phone had been told 100, and so never repeated it to the other node.
test.serial("an INVITE that the proxy has not taken is not said to be on its way", async (t) => {
  await node.run("systemctl kill -s STOP ngcp-proxy");
  const invite = requestText({ uri: `sip:b@${DOMAIN}`, method: "INVITE" });
  const answers = lan.datagrams([invite], { waitMs: 5_000, enough: 2 });
  await pause(1_000);
  await node.run("systemctl kill -s CONT ngcp-proxy");
  const [first = "none", second = "none"] = await answers;
  t.regex(first, /^SIP\/2\.0 407 /);
  t.regex(second, /^(SIP\/2\.0 407 |none)/);
});
