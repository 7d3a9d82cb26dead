import test from "ava";
import type { ExecutionContext } from "ava";
import { APPLIANCE, DOMAIN } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { answerText, attempt, open, openActiveNode, openAt, say, statusOf } from "./wires.ts";

/* A subscriber whose devices ring one after the other, by the q of their registrations (RFC 3261, 20.10). */

const FIRST_S = 3;
const LATE_MS = 60_000;
const OUTSIDE = "192.0.2.128";

const node = new EngineNode("serial", {
  ...APPLIANCE,
  proxy: { ...APPLIANCE.proxy, ringSeconds: 12, serialRingSeconds: FIRST_S },
});
const lan = new Lan(node);

/** Two phones of subscriber `user`, the second of a lower q. */
const register = async (
  user: string,
  [first, second]: readonly [{ ringMs?: number; q?: number }, { ringMs?: number; q?: number }],
  host: number,
): Promise<void> => {
  const phones = [`${user}1`, `${user}2`] as const;
  const local = (index: number) => ({ address: `192.0.2.${host + index}`, port: 5060 });
  await lan.open(phones[0], local(0), { user, ...first });
  await lan.open(phones[1], local(1), { user, ...second });
  for (const phone of phones) await lan.register(phone);
};

const call = (user: string) =>
  lan.phones.ask({ kind: "call", phone: "a", uri: `sip:${user}@${DOMAIN}` });

/** ACK has a way of its own, OPTIONS keep the way of a phone behind NAT open. */
const ASIDE = ["ACK", "OPTIONS"];

/** The methods of the requests that a phone was sent, each once, without those. */
const asked = async (phone: string): Promise<readonly string[]> => {
  const heard = await lan.phones.ask({ kind: "transcript", phone });
  const methods = heard.flatMap((datagram) => /^([A-Z]+) sip:/.exec(datagram)?.[1] ?? []);
  return [...new Set(methods)].filter((method) => !ASIDE.includes(method));
};

/** A CANCEL comes when the call of another has been answered. */
const givesUp = async (t: ExecutionContext, phone: string): Promise<void> => {
  await until(async () => (await asked(phone)).includes("CANCEL"), 5_000);
  t.deepEqual(await asked(phone), ["INVITE", "CANCEL"]);
};

test.before(async () => {
  await openActiveNode(node);
  const serial = { preferences: { serial_forking_by_q_value: true } };
  const users = { b: serial, c: serial, d: serial, e: serial, f: serial, g: serial, h: {} };
  const outside = { ...serial, call_forwards: { cfb: `sip:x@${OUTSIDE}` } };
  const forwards = { call_forwards: { cfb: "j" } };
  await node.provision(Lan.subscribers({ a: {}, ...users, i: forwards, j: serial, k: outside }));
  await lan.open("a", { address: "192.0.2.101", port: 5060 });
  await lan.register("a");
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial(
  "the device of the higher q takes the call, and the other hears nothing of it",
  async (t) => {
    await register("b", [{ q: 1 }, { q: 0.3 }], 110);
    t.is((await call("b")).status, 200);
    t.deepEqual(await asked("b1"), ["INVITE"]);
    t.deepEqual(await asked("b2"), []);
  },
);

test.serial(
  "the other rings when the first does not answer in time, and takes the call",
  async (t) => {
    await register("c", [{ q: 0.9, ringMs: LATE_MS }, { q: 0.3 }], 112);
    const startedAt = performance.now();
    t.is((await call("c")).status, 200);
    t.true(performance.now() - startedAt >= FIRST_S * 1000 - 100);
    await givesUp(t, "c1");
    t.deepEqual(await asked("c2"), ["INVITE"]);
  },
);

test.serial("who says nothing of q rings with the first", async (t) => {
  await register("d", [{}, { q: 0.3 }], 114);
  t.is((await call("d")).status, 200);
  t.deepEqual(await asked("d2"), []);
});

test.serial(
  "nobody answers: both have rung, and the caller is told when the time of all is over",
  async (t) => {
    await register(
      "e",
      [
        { q: 1, ringMs: LATE_MS },
        { q: 0.5, ringMs: LATE_MS },
      ],
      116,
    );
    const startedAt = performance.now();
    t.is((await call("e")).status, APPLIANCE.proxy.replies.no_answer.code);
    const tookS = (performance.now() - startedAt) / 1000;
    t.true(tookS >= 11, `${tookS} s`);
    for (const phone of ["e1", "e2"]) await givesUp(t, phone);
  },
);

/** A wire answers its next INVITE with `status`. */
const answers = (wire: string, status: string): void => {
  const heard = { kind: "heard", wire, wanted: "^INVITE ", withinMs: 10_000 } as const;
  void lan.phones.ask(heard).then((invite) => say(lan, wire, [answerText(invite, status, [])]));
};

/** A wire of `user` that rings first, and answers the next INVITE with `status`. */
const refuses = async (user: string, from: string, status: string): Promise<void> => {
  await open(lan, user, from);
  const registered = await attempt(lan, user, { from, user, password: `secret-${user}` });
  if (statusOf(registered) !== 200) throw new Error(registered);
  answers(user, status);
};

test.serial(
  "a device that is busy leaves the call to the next, and one that declines for all does not",
  async (t) => {
    for (const [user, host] of [
      ["f", 118],
      ["g", 120],
    ] as const) {
      await lan.open(user, { address: `192.0.2.${host}`, port: 5060 }, { user, q: 0.3 });
      await lan.register(user);
    }
    await refuses("f", "192.0.2.119", "486 Busy Here");
    t.is((await call("f")).status, 200);
    await refuses("g", "192.0.2.121", "603 Decline");
    t.is((await call("g")).status, 603);
    t.deepEqual(await asked("g"), []);
  },
);

test.serial("without the preference all devices ring at once", async (t) => {
  await register("h", [{ q: 1, ringMs: 1_000 }, { q: 0.3 }], 122);
  t.is((await call("h")).status, 200);
  await givesUp(t, "h1");
  t.deepEqual(await asked("h2"), ["INVITE"]);
});

test.serial("the devices of somebody whom a call is forwarded to ring in turn, too", async (t) => {
  await register("j", [{ q: 1, ringMs: LATE_MS }, { q: 0.3 }], 125);
  await refuses("i", "192.0.2.124", "486 Busy Here");
  t.is((await call("i")).status, 200);
  await givesUp(t, "j1");
  t.deepEqual(await asked("j2"), ["INVITE"]);
});

// They rang, though one of them had said for all that nobody takes the call.
test.serial(
  "devices that were not to ring do not, when a forward has failed as well",
  async (t) => {
    await lan.open("k", { address: "192.0.2.127", port: 5060 }, { user: "k", q: 0.3 });
    await lan.register("k");
    await refuses("k", "192.0.2.129", "600 Busy Everywhere");
    await openAt(lan, "x", OUTSIDE);
    answers("x", "486 Busy Here");
    t.is((await call("k")).status, 486);
    t.deepEqual(await asked("k"), []);
  },
);
