import test from "ava";
import fc from "fast-check";
import type { Call } from "../../../../components/sbc/call.ts";
import { LiveCalls, SHARES } from "../../../../components/sbc/live-calls.ts";
import type { LiveCall } from "../../../../components/sbc/live-calls.ts";
import { anyCall } from "./calls.ts";
import { invite } from "./sip/messages.ts";

const SERVER_KEY = "server";

/** The calls of a process, and what they do to its store, in its order. */
const calls = (onSaved: (id: string) => void = () => undefined) => {
  const done: string[] = [];
  const did = (what: string): Promise<void> => {
    done.push(what);
    return Promise.resolve();
  };
  const store = {
    load: () => Promise.resolve("absent" as const),
    loadByInvite: () => Promise.resolve("absent" as const),
    save: async ({ id }: Call, key?: string) => {
      onSaved(id);
      await did(key === undefined ? "save" : `save ${key}`);
      return true;
    },
    remove: (_id: string, key?: string) => did(key === undefined ? "remove" : `remove ${key}`),
    forgetInvite: (key: string) => did(`forget ${key}`),
    all: async function* () {
      yield await Promise.resolve([]);
      return "complete" as const;
    },
  };
  return { live: new LiveCalls(store), done };
};

/** A call whose INVITE is open. */
const ringing = (live: LiveCalls): LiveCall => {
  const [sample] = fc.sample(anyCall, { numRuns: 1, seed: 6 });
  if (sample === undefined) throw new Error("no sample");
  const call: LiveCall = { call: { ...sample, established: false } };
  live.add(call);
  const messages = { received: invite(), sent: invite() };
  live.openInvite(call, { serverKey: SERVER_KEY, clientKey: "client", ...messages });
  return call;
};

test("in all turns each call is written again once, and few of them in one", (t) => {
  const saved: string[] = [];
  const { live } = calls((id) => saved.push(id));
  const [sample] = fc.sample(anyCall, { numRuns: 1, seed: 6 });
  if (sample === undefined) throw new Error("no sample");
  const ids = Array.from({ length: 720 }, (_none, index) => index.toString(16).padStart(16, "0"));
  for (const id of ids) live.add({ call: { ...sample, id, established: true } });
  for (let turn = 1; turn <= SHARES; turn += 1) {
    const before = saved.length;
    live.saveShare(turn);
    t.is(saved.length - before, ids.length / SHARES);
  }
  t.deepEqual(saved.toSorted(), ids);
});

test("a call that is over is not written any more, whoever hears of it late", async (t) => {
  const { live, done } = calls();
  const call = ringing(live);
  await live.save(call);
  t.true(live.has(call));
  live.remove(call);
  t.false(live.has(call));
  await live.save(call);
  t.deepEqual(done, [`save ${SERVER_KEY}`, `remove ${SERVER_KEY}`]);
});

test("the same call of another process's making is another one", async (t) => {
  const { live, done } = calls();
  const call = ringing(live);
  live.remove(call);
  const again = { call: call.call };
  live.add(again);
  await live.save(call);
  t.deepEqual(done, [`remove ${SERVER_KEY}`]);
  await live.save(again);
  t.deepEqual(done.slice(1), ["save"]);
});

test("a record that stays until something is done about it names no INVITE any more", async (t) => {
  const { live, done } = calls();
  let settle: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => (settle = resolve));
  live.beforeForgetting = ({ call }) => {
    void live.saveOver(call);
    return settled;
  };
  const call = ringing(live);
  live.remove(call);
  t.deepEqual(done, ["save", `forget ${SERVER_KEY}`]);
  settle();
  await settled;
  t.deepEqual(done.slice(2), ["remove"]);
});
