import test from "ava";
import { APPLIANCE, SHARED } from "./appliance.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { openActiveNode } from "./wires.ts";

const SECOND = "127.0.0.2:5062";
const node = new EngineNode("lbpairs", {
  ...APPLIANCE,
  lb: { ...APPLIANCE.lb, proxies: ["127.0.0.1:5062", SECOND] },
});
const lan = new Lan(node);

/** Who answered each of `count` requests, each with a Call-ID of its own. */
const answered = async (count: number): Promise<readonly string[]> => {
  const messages = Array.from({ length: count }, () =>
    requestText({ uri: `sip:probe@${SHARED.v4}` }),
  );
  const answers = await lan.datagrams(messages, { waitMs: 3000 });
  return answers.map((answer) => /^Server: (.*)\r$/m.exec(answer)?.[1] ?? "nobody");
};

const isLeftOut = async (): Promise<boolean> => {
  const list = await node.run("kamcmd -s /run/ngcp-lb/ctl dispatcher.list");
  return /URI: sip:127\.0\.0\.2:5062\s+FLAGS: [ID]/.test(list);
};

test.before(async () => {
  await openActiveNode(node);
  // The proxy of a second pair: the same program and file, at another address.
  await node.run(
    [
      "install -d -o kamailio /run/second",
      "sed -e s/127.0.0.1:5062/127.0.0.2:5062/ -e s/ngcp-proxy/second/g /etc/kamailio/proxy/kamailio.cfg >/run/second/kamailio.cfg",
      "chown kamailio /run/second/kamailio.cfg",
      "systemd-run -q --unit=second -p User=kamailio /usr/sbin/kamailio -DD -E -Y /run/second -f /run/second/kamailio.cfg",
    ].join(" && "),
  );
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial("requests are spread over the proxies of all pairs", async (t) => {
  await until(async () => !(await isLeftOut()) && (await answered(1)).length === 1, 10_000);
  await until(async () => new Set(await answered(20)).size === 2, 10_000);
  t.deepEqual([...new Set(await answered(40))].sort(), ["ngcp-proxy", "second"]);
});

test.serial(
  "a dead proxy is left out within 2 seconds, and what was on its way goes to another",
  async (t) => {
    await node.run("systemctl kill -s STOP second");
    const stoppedAt = performance.now();
    const caught = answered(20);
    await until(isLeftOut, 10_000);
    const tookMs = performance.now() - stoppedAt;
    t.log(`left out after ${Math.round(tookMs)} ms`);
    // The second that the question waits for its turn, the 0.6 s for its answer, and a busy machine.
    t.true(tookMs < 3000, `${tookMs} ms`);
    t.is((await caught).filter((name) => name === "ngcp-proxy").length, 20);
    t.deepEqual([...new Set(await answered(20))], ["ngcp-proxy"]);
  },
);

test.serial("a proxy that lives again gets its share again", async (t) => {
  await node.run("systemctl kill -s CONT second");
  await until(async () => !(await isLeftOut()), 10_000);
  t.is(new Set(await answered(40)).size, 2);
});
