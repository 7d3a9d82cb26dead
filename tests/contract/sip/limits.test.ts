import test from "ava";
import type { ExecutionContext } from "ava";
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

/** A call that is up, with who takes it; whoever called ends it with what is answered. */
const callUp = async (
  from: string,
  dialled: string,
  taker = dialled,
): Promise<() => Promise<void>> => {
  const { answer, callId } = await lan.dial(from, dialled);
  if (!answer.startsWith("200")) throw new Error(answer);
  await lan.phones.ask({ kind: "arrival", phone: taker });
  return async () => {
    await lan.phones.ask({ kind: "bye", phone: from, callId });
  };
};

type FromTo = readonly [from: string, to: string];

/** While the first call is up the second is answered with `answer`, and let in when the first has ended. */
const oneAtOnce = async (
  t: ExecutionContext,
  [first, second]: readonly [FromTo, FromTo],
  answer: string,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<void> => {
  const end = await callUp(...first);
  await meanwhile();
  t.is((await lan.dial(...second)).answer, answer);
  await end();
  const again = await callUp(...second);
  await again();
};

const REFUSED = "403 Maximum parallel calls exceeded";
const BUSY = "486 Busy Here";
const NATIONAL = "4930001";

test.before(async () => {
  await openActiveNode(node);
  await provision({});
  await lan.openAll(["a", "b", "c"]);
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial("a caller has as many calls as it may, and one more when one has ended", async (t) => {
  await provision({ a: { concurrent_max_out: 1 } });
  await oneAtOnce(
    t,
    [
      ["a", "b"],
      ["a", "c"],
    ],
    REFUSED,
  );
});

test.serial("calls in both directions count for the limit of both", async (t) => {
  await provision({ a: { concurrent_max: 1 } });
  const end = await callUp("b", "a");
  t.is((await lan.dial("a", "c")).answer, REFUSED);
  t.is((await lan.dial("c", "a")).answer, BUSY);
  await end();
});

test.serial("a callee that has as many calls as it may is busy, and may call", async (t) => {
  await provision({ b: { concurrent_max_in: 1 } });
  await oneAtOnce(
    t,
    [
      ["a", "b"],
      ["c", "b"],
    ],
    BUSY,
    async () => {
      const out = await callUp("b", "c");
      await out();
    },
  );
});

test.serial(
  "all subscribers of a customer share its limit, and a call among them is one",
  async (t) => {
    await provision({}, { concurrent_max_per_account: 1 });
    await oneAtOnce(
      t,
      [
        ["a", "b"],
        ["c", "b"],
      ],
      REFUSED,
    );
  },
);

test.serial("a call that was refused or given up takes no place", async (t) => {
  await provision({ a: { concurrent_max: 1 }, b: { concurrent_max: 0 } });
  for (let time = 0; time < 3; time += 1) t.is((await lan.dial("a", "b")).answer, BUSY);
  const end = await callUp("a", "c");
  await end();
});

test.serial("an emergency call is counted, and never refused", async (t) => {
  await provision({ a: { concurrent_max: 0 } }, { emergency_numbers: ["c"] });
  t.is((await lan.dial("a", "b")).answer, REFUSED);
  const end = await callUp("a", "c");
  await end();
});

test.serial(
  "calls are counted right when the proxy was started anew, as after a takeover",
  async (t) => {
    await provision({ a: { concurrent_max_out: 1 } });
    await oneAtOnce(
      t,
      [
        ["a", "b"],
        ["a", "c"],
      ],
      REFUSED,
      async () => {
        const before = await loaded();
        await node.run("systemctl kill -s KILL ngcp-proxy");
        await until(async () => (await loaded()) > before, 20_000);
      },
    );
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

test.serial("a peer that has as many calls as it may leaves the call to the next", async (t) => {
  await withPeers({ concurrent_max_out: 1 });
  await lan.open("p", { address: "192.0.2.106", port: 5060 });
  await lan.open("q", { address: "192.0.2.107", port: 5060 });
  const first = await callUp("a", NATIONAL, "p");
  const second = await callUp("b", NATIONAL, "q");
  await first();
  const third = await callUp("c", NATIONAL, "p");
  await second();
  await third();
  t.pass();
});

test.serial("no more calls come from a peer than it may have", async (t) => {
  await withPeers({ concurrent_max_in: 1 });
  await oneAtOnce(
    t,
    [
      ["p", "b"],
      ["p", "c"],
    ],
    REFUSED,
  );
});

test.serial("a call that was forwarded has left the place of who forwarded it", async (t) => {
  const r = {
    preferences: { concurrent_max_in: 1, ringtimeout: 1 },
    call_forwards: { cft: { to: "b", timeout: 1 } },
  };
  await node.provision(Lan.subscribers({ a: {}, b: {}, c: {}, r }));
  await lan.open("r", { address: "192.0.2.108", port: 5060 }, { ringMs: 60_000 });
  await lan.register("r");
  const first = await callUp("a", "r", "b");
  const second = await callUp("c", "r", "b");
  await first();
  await second();
  t.pass();
});
