import test from "ava";
import fc from "fast-check";
import {
  keysOf,
  KeysDifferError,
  rotate,
  type KeyHolder,
  type Keys,
} from "../../../../appliance/pair/rotation.ts";

class CutOff extends Error {}

interface Holder extends KeyHolder {
  keys: Keys;
}

/** Two nodes whose every change is watched, and an exchange that breaks after `changes` changes. */
const twoNodes = (watch: (sp1: Keys, sp2: Keys) => void) => {
  let left = Infinity;
  let answerLost = false;
  const holders: Holder[] = [];
  const holder = (): Holder => ({
    keys: ["old"],
    read() {
      return Promise.resolve(this.keys);
    },
    write(keys) {
      if (left === 0 && !answerLost) return Promise.reject(new CutOff());
      this.keys = keys;
      const [sp1, sp2] = holders;
      if (sp1 !== undefined && sp2 !== undefined) watch(sp1.keys, sp2.keys);
      if (left === 0) return Promise.reject(new CutOff());
      left -= 1;
      return Promise.resolve();
    },
  });
  const sp1 = holder();
  const sp2 = holder();
  holders.push(sp1, sp2);
  const cutAfter = (changes: number, lost: boolean): void => {
    left = changes;
    answerLost = lost;
  };
  return { sp1, sp2, cutAfter };
};

const accepts = (receiver: Keys, sender: Keys): boolean =>
  receiver.some((key) => key === sender[0]);

test("both nodes end with the new key alone, and no heartbeat is refused on the way", async (t) => {
  const { sp1, sp2 } = twoNodes((a, b) => {
    t.true(accepts(a, b) && accepts(b, a), `${a.join()} ${b.join()}`);
  });
  await rotate(sp1, sp2, "new");
  t.deepEqual([sp1.keys, sp2.keys], [["new"], ["new"]]);
});

test("cut off anywhere, again and again, from either node, no heartbeat is ever refused", async (t) => {
  const cut = fc.record({ changes: fc.nat(10), lost: fc.boolean(), from: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { maxLength: 5 }), async (cuts) => {
      const { sp1, sp2, cutAfter } = twoNodes((a, b) => {
        if (!accepts(a, b) || !accepts(b, a)) throw new Error(`${a.join()} against ${b.join()}`);
      });
      const turn = (from: boolean, key: string): Promise<void> =>
        from ? rotate(sp1, sp2, key) : rotate(sp2, sp1, key);
      for (const [index, { changes, lost, from }] of cuts.entries()) {
        cutAfter(changes, lost);
        await turn(from, `key${index}`).catch((error: unknown) => {
          if (!(error instanceof CutOff)) throw error;
        });
      }
      cutAfter(Infinity, false);
      await turn(true, "last");
      t.deepEqual([sp1.keys, sp2.keys], [["last"], ["last"]]);
    }),
  );
});

test("nodes without a common key are left as they are", async (t) => {
  const { sp1, sp2 } = twoNodes(() => t.fail());
  sp2.keys = ["other"];
  await t.throwsAsync(rotate(sp1, sp2, "new"), { instanceOf: KeysDifferError });
});

test("a node has one or two keys", (t) => {
  t.deepEqual(keysOf(["a", "b"]), ["a", "b"]);
  t.throws(() => keysOf([]));
  t.throws(() => keysOf(["a", "b", "c"]));
});
