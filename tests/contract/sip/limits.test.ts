import test from "ava";
import { DOMAIN } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { openActiveNode } from "./wires.ts";

/* How many calls at once subscribers and customers may have, also after the proxy was started anew. */

const node = new EngineNode("limits");
const lan = new Lan(node);
const CUSTOMER = "the customer";

type Values = Readonly<Record<string, number | readonly string[]>>;

/** How often the proxy has taken up the dialogs of the one before it. */
const loaded = async (): Promise<number> => {
  const said = await node.run("journalctl -u ngcp-proxy -o cat");
  return said.split("dialogs are loaded").length - 1;
};

const provision = (of: Readonly<Record<string, Values>>, customer: Values = {}): Promise<void> =>
  node.provision({
    ...Lan.subscribers({
      a: { preferences: of["a"] ?? {} },
      b: { preferences: of["b"] ?? {} },
      c: { preferences: of["c"] ?? {} },
    }),
    customers: { [CUSTOMER]: { preferences: customer } },
  });

const call = async (from: string, to: string): Promise<{ answer: string; callId: string }> => {
  const uri = `sip:${to}@${DOMAIN}`;
  const { status, reason, callId } = await lan.phones.ask({ kind: "call", phone: from, uri });
  return { answer: `${status} ${reason}`, callId };
};

/** A call that is up; whoever called ends it with what is answered. */
const callUp = async (from: string, to: string): Promise<() => Promise<void>> => {
  const { answer, callId } = await call(from, to);
  if (!answer.startsWith("200")) throw new Error(answer);
  await lan.phones.ask({ kind: "arrival", phone: to });
  return async () => {
    await lan.phones.ask({ kind: "bye", phone: from, callId });
  };
};

const REFUSED = "403 Maximum parallel calls exceeded";
const BUSY = "486 Busy Here";

test.before(async () => {
  await openActiveNode(node);
  await provision({});
  for (const [index, phone] of ["a", "b", "c"].entries()) {
    await lan.open(phone, { address: `192.0.2.${101 + index}`, port: 5060 });
    await lan.register(phone);
  }
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial("a caller has as many calls as it may, and one more when one has ended", async (t) => {
  await provision({ a: { concurrent_max_out: 1 } });
  const end = await callUp("a", "b");
  t.is((await call("a", "c")).answer, REFUSED);
  await end();
  const again = await callUp("a", "c");
  await again();
});

test.serial("calls in both directions count for the limit of both", async (t) => {
  await provision({ a: { concurrent_max: 1 } });
  const end = await callUp("b", "a");
  t.is((await call("a", "c")).answer, REFUSED);
  t.is((await call("c", "a")).answer, BUSY);
  await end();
});

test.serial("a callee that has as many calls as it may is busy", async (t) => {
  await provision({ b: { concurrent_max_in: 1 } });
  const end = await callUp("a", "b");
  t.is((await call("c", "b")).answer, BUSY);
  const out = await callUp("b", "c");
  await out();
  await end();
  const again = await callUp("c", "b");
  await again();
});

test.serial(
  "all subscribers of a customer share its limit, and a call among them is one",
  async (t) => {
    await provision({}, { concurrent_max_per_account: 1 });
    const end = await callUp("a", "b");
    t.is((await call("c", "b")).answer, REFUSED);
    await end();
    const again = await callUp("c", "b");
    await again();
  },
);

test.serial("a call that was refused or given up takes no place", async (t) => {
  await provision({ a: { concurrent_max: 1 }, b: { concurrent_max: 0 } });
  for (let time = 0; time < 3; time += 1) t.is((await call("a", "b")).answer, BUSY);
  const end = await callUp("a", "c");
  await end();
});

test.serial("an emergency call is counted, and never refused", async (t) => {
  await provision({ a: { concurrent_max: 0 } }, { emergency_numbers: ["c"] });
  t.is((await call("a", "b")).answer, REFUSED);
  const end = await callUp("a", "c");
  await end();
});

test.serial(
  "calls are counted right when the proxy was started anew, as after a takeover",
  async (t) => {
    await provision({ a: { concurrent_max_out: 1 } });
    const end = await callUp("a", "b");
    const before = await loaded();
    await node.run("systemctl kill -s KILL ngcp-proxy");
    await until(async () => (await loaded()) > before, 20_000);
    t.is((await call("a", "c")).answer, REFUSED);
    await end();
    const again = await callUp("a", "c");
    await again();
  },
);
