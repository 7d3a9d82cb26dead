import test from "ava";
import { SHARED } from "./appliance.ts";
import { garbled, randomDatagrams, tortureMessages } from "./hostile.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { attempt, dump, open, openActiveNode, say, statusOf } from "./wires.ts";

const node = new EngineNode("lbhostile");
const lan = new Lan(node);
const SEED = 3261;

/** Requests and answers that the proxy has received; its own timers count as OPTIONS, so those are left out. */
const passedInside = async (): Promise<number> => {
  const told = await node.run("kamcmd -s /run/ngcp-proxy/ctl stats.get_statistics core:");
  const count = (name: string): number =>
    Number(new RegExp(`${name} = ([0-9]+)`).exec(told)?.[1] ?? Number.NaN);
  return count("rcv_requests") - count("rcv_requests_options") + count("rcv_replies");
};

const engines = (): Promise<number[]> =>
  Promise.all([node.mainPid("ngcp-lb"), node.mainPid("ngcp-proxy")]);

const thousand = (): readonly string[] => {
  const torture = tortureMessages();
  return [...garbled(torture, SEED), ...randomDatagrams(600, SEED)].slice(-1000);
};

test.before(async () => {
  await openActiveNode(node);
  await open(lan, "phone", "192.0.2.101");
  const phone = { from: "192.0.2.101", password: "secret-a" };
  await until(
    () =>
      attempt(lan, "phone", phone).then(
        (answer) => statusOf(answer) === 200,
        () => false,
      ),
    10_000,
  );
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial(
  "a thousand hostile datagrams: banned, and from then on nothing passes inside",
  async (t) => {
    const pids = await engines();
    const messages = thousand();
    t.is(messages.length, 1000);
    await open(lan, "hostile", "192.0.2.125");
    await say(lan, "hostile", messages.slice(0, 300));
    await until(async () => (await dump(node, "ipban")).includes("192.0.2.125"), 5000);
    const before = await passedInside();
    await say(lan, "hostile", messages.slice(300));
    const valid = requestText({
      uri: "sip:b@test.invalid",
      from: "192.0.2.125",
      method: "MESSAGE",
    });
    await say(lan, "hostile", [valid]);
    // The load-balancer answers this one itself, after all that is before it in the queue of its socket.
    const probe = requestText({ uri: `sip:${SHARED.v4}` });
    await until(async () => (await lan.datagrams([probe], { waitMs: 500 })).length === 1, 10_000);
    t.is((await passedInside()) - before, 0);
    t.true((await dump(node, "ipban")).includes("192.0.2.125"), "the ban holds");
    t.deepEqual(await engines(), pids);
  },
);

test.serial("from a source that nobody bans, too, they change and reach nothing", async (t) => {
  const pids = await engines();
  const rows = (): Promise<string> =>
    node.sql("select (select count(*) from location), (select count(*) from acc)");
  const before = await rows();
  await lan.datagrams(thousand(), { waitMs: 1000, enough: Number.MAX_SAFE_INTEGER });
  t.is(statusOf(await attempt(lan, "phone", { from: "192.0.2.101" })), 401);
  t.is(await rows(), before);
  const disturbed = lan.phones.ask({
    kind: "heard",
    wire: "phone",
    wanted: "^(?!OPTIONS)[A-Z]+ [^ ]+ SIP/2.0",
    withinMs: 300,
  });
  await t.throwsAsync(disturbed, { message: /did not hear/ });
  t.deepEqual(await engines(), pids);
  t.is(
    await node.run(
      "journalctl --no-pager -q -u ngcp-lb -u ngcp-proxy -g 'signal 11|abort|BUG' || true",
    ),
    "",
  );
});

test.serial("an address that is not banned is still served", async (t) => {
  const answers = await lan.datagrams([requestText({ uri: `sip:probe@${SHARED.v4}` })]);
  t.is(answers.length, 1);
});

test.serial(
  "the load-balancer starts and works while neither MariaDB nor Redis runs",
  async (t) => {
    await node.run("systemctl stop ngcp-mysql ngcp-redis && systemctl restart ngcp-lb");
    const probe = requestText({ uri: `sip:${SHARED.v4}` });
    await until(async () => (await lan.datagrams([probe], { waitMs: 500 })).length === 1, 10_000);
    await open(lan, "flooder", "192.0.2.129");
    const flood = Array.from({ length: 100 }, () =>
      requestText({ uri: `sip:${SHARED.v4}`, from: "192.0.2.129" }),
    );
    await say(lan, "flooder", flood);
    await until(async () => (await dump(node, "ipban")).includes("192.0.2.129"), 5000);
    t.pass();
  },
);
