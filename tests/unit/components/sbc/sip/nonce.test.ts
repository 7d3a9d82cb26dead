import test from "ava";
import fc from "fast-check";
import { checkNonce, makeNonce, NonceCounts } from "../../../../../components/sbc/sip/nonce.ts";

const SETTINGS = { secret: Buffer.alloc(32, 3), lifetimeMs: 1_000 };
const NOW = 1_800_000_000_000;
const SALT = Buffer.from("saltsalt");

test("a nonce is good for its lifetime, on each node that has the secret", (t) => {
  const nonce = makeNonce(SETTINGS, "r", NOW, SALT);
  const check = (at: number): string => checkNonce({ ...SETTINGS }, "r", nonce, at);
  t.is(check(NOW), "good");
  t.is(check(NOW + 1_000), "good");
  t.is(check(NOW - 1_000), "good");
  t.is(check(NOW + 1_001), "expired");
  t.is(check(NOW - 1_001), "expired");
});

test("a nonce of another realm, another secret or with a changed letter is forged", (t) => {
  const nonce = makeNonce(SETTINGS, "r", NOW, SALT);
  t.is(checkNonce(SETTINGS, "other", nonce, NOW), "forged");
  t.is(checkNonce({ ...SETTINGS, secret: Buffer.alloc(32, 4) }, "r", nonce, NOW), "forged");
  for (let at = 0; at < nonce.length; at += 1) {
    const changed = `${nonce.slice(0, at)}${nonce[at] === "A" ? "B" : "A"}${nonce.slice(at + 1)}`;
    t.is(checkNonce(SETTINGS, "r", changed, NOW), "forged");
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      t.is(checkNonce(SETTINGS, "r", text, NOW), "forged");
    }),
  );
});

test("each count is accepted once, in any order within the window", (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 100 }), (sent) => {
      const counts = new NonceCounts(SETTINGS);
      const seen = new Set<number>();
      for (const count of sent) {
        const highest = Math.max(...seen, 0);
        const expected = !seen.has(count) && (seen.size === 0 || count > highest - 32);
        t.is(counts.accept("n", count, NOW), expected);
        if (expected) seen.add(count);
      }
    }),
  );
});

test("counts are forgotten when their nonces cannot be good any more", (t) => {
  const counts = new NonceCounts(SETTINGS);
  for (let nonce = 0; nonce < 1_000; nonce += 1) counts.accept(String(nonce), 1, NOW + nonce);
  counts.accept("last", 1, NOW + 10_000);
  t.is(counts.size, 1);
});
