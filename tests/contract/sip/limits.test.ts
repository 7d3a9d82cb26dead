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

/** Two peers, phones of theirs, of which the first is asked first and has `values`. */
const withPeers = (values: Values): Promise<void> =>
  node.provision({
    ...Lan.subscribers({ a: {}, b: {}, c: {} }),
    peer_groups: {
      first: {
        priority: 1,
        rules: [{ callee_prefix: 49 }],
        hosts: { p: { ip: "192.0.2.106", preferences: values } },
      },
      second: { priority: 2, rules: [{ callee_prefix: 49 }], hosts: { q: { ip: "192.0.2.107" } } },
    },
  });

/** A call that a peer took. */
const dial = async (phone: string, peer: string): Promise<() => Promise<void>> => {
  const { answer, callId } = await call(phone, "4930001");
  if (!answer.startsWith("200")) throw new Error(answer);
  await lan.phones.ask({ kind: "arrival", phone: peer });
  return async () => {
    await lan.phones.ask({ kind: "bye", phone, callId });
  };
};

test.serial("a peer that has as many calls as it may leaves the call to the next", async (t) => {
  await withPeers({ concurrent_max_out: 1 });
  await lan.open("p", { address: "192.0.2.106", port: 5060 });
  await lan.open("q", { address: "192.0.2.107", port: 5060 });
  const first = await dial("a", "p");
  const second = await dial("b", "q");
  await first();
  const third = await dial("c", "p");
  await second();
  await third();
  t.pass();
});

test.serial("no more calls come from a peer than it may have", async (t) => {
  await withPeers({ concurrent_max_in: 1 });
  const end = await callUp("p", "b");
  t.is((await call("p", "c")).answer, REFUSED);
  await end();
  const again = await callUp("p", "c");
  await again();
});

test.serial("a call that was forwarded has left the place of who forwarded it", async (t) => {
  const r = {
    preferences: { concurrent_max_in: 1, ringtimeout: 1 },
    call_forwards: { cft: { to: "b", timeout: 1 } },
  };
  await node.provision(Lan.subscribers({ a: {}, b: {}, c: {}, r }));
  await lan.open("r", { address: "192.0.2.108", port: 5060 }, { ringMs: 60_000 });
  await lan.register("r");
  const through = async (phone: string): Promise<string> => {
    const { answer, callId } = await call(phone, "r");
    if (!answer.startsWith("200")) throw new Error(answer);
    await lan.phones.ask({ kind: "arrival", phone: "b" });
    return callId;
  };
  const first = await through("a");
  const second = await through("c");
  await lan.phones.ask({ kind: "bye", phone: "a", callId: first });
  await lan.phones.ask({ kind: "bye", phone: "c", callId: second });
  t.pass();
});
