import test from "ava";
import fc from "fast-check";

import { decode, encode, isHeartbeatText, keyOf } from "../../../../ha/crosslink/heartbeat.ts";
import type { ReceivedHeartbeat } from "../../../../ha/core/heartbeat.ts";
import { HANDOVERS, ROLES } from "../../../../ha/core/heartbeat.ts";
import { millis } from "../../../../ha/core/time.ts";

const KEY = keyOf(Buffer.alloc(32, 7));
const OLD_KEY = keyOf(Buffer.alloc(32, 8));

const session = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString("hex"))
  .filter((hex) => hex !== "0".repeat(16));
const text = fc
  .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength: 1, maxLength: 64 })
  .map((codes) => String.fromCharCode(...codes));
const counter = fc.integer({ min: 0, max: 2 ** 48 - 1 });

const heartbeats: fc.Arbitrary<ReceivedHeartbeat> = fc.record({
  node: text,
  role: fc.constantFrom(...ROLES),
  term: counter,
  handover: fc.constantFrom(...HANDOVERS),
  forced: fc.boolean(),
  eligible: fc.boolean(),
  willing: fc.boolean(),
  lastHeldTerm: counter,
  inSync: fc.boolean(),
  lanCarrier: fc.boolean(),
  pingNodesReached: fc.integer({ min: 0, max: 255 }),
  understands: fc.boolean(),
  pairServed: fc.boolean(),
  session,
  sequence: counter,
  echoSession: fc.option(session, { nil: undefined }),
  echoSequence: counter,
  deadMs: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(millis),
  sharedAddressesHash: text,
  version: text.filter((version) => !version.includes("/")).map((version) => version.slice(0, 40)),
  configuration: fc.option(
    session.map((hex) => hex.slice(0, 12)),
    { nil: undefined },
  ),
});

const sample: ReceivedHeartbeat = {
  node: "sp1",
  role: "active",
  term: 3,
  handover: "none",
  forced: false,
  eligible: true,
  willing: true,
  lastHeldTerm: 3,
  inSync: true,
  lanCarrier: true,
  pingNodesReached: 2,
  understands: true,
  pairServed: true,
  session: "0123456789abcdef",
  sequence: 17,
  echoSession: undefined,
  echoSequence: 0,
  deadMs: millis(250),
  sharedAddressesHash: "5f2b",
  version: "0.1.0",
  configuration: "0123456789ab",
};

test("what was said is what is read, for every heartbeat", (t) => {
  fc.assert(
    fc.property(heartbeats, (heartbeat) => {
      const datagram = encode(heartbeat, heartbeat, KEY);
      const decoded = decode(datagram, [KEY], heartbeat.node);
      t.deepEqual(decoded, { kind: "heartbeat", heartbeat });
      t.true(datagram.length <= 300);
    }),
    { numRuns: 300 },
  );
});

test("garbage is unverified or of a newer version, and never throws", (t) => {
  const header = Buffer.from("TND\x01", "latin1");
  const garbage = fc
    .uint8Array({ minLength: 0, maxLength: 400 })
    .map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(garbage, fc.boolean(), (bytes, withHeader) => {
      const datagram = withHeader ? Buffer.concat([header, bytes]) : bytes;
      t.true(["unverified", "newerVersion"].includes(decode(datagram, [KEY], "sp1").kind));
    }),
    { numRuns: 1_000 },
  );
});

test("a datagram cut short or changed in any byte is no heartbeat", (t) => {
  const datagram = encode(sample, sample, KEY);
  for (let at = 0; at < datagram.length; at += 1) {
    t.not(decode(datagram.subarray(0, at), [KEY], "sp1").kind, "heartbeat");
    const changed = Buffer.from(datagram);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    t.not(decode(changed, [KEY], "sp1").kind, "heartbeat");
  }
});

test("during a rotation either of two keys verifies, and a third does not", (t) => {
  t.is(decode(encode(sample, sample, OLD_KEY), [KEY, OLD_KEY], "sp1").kind, "heartbeat");
  t.is(decode(encode(sample, sample, OLD_KEY), [KEY], "sp1").kind, "unverified");
  t.is(decode(encode(sample, sample, KEY), [], "sp1").kind, "unverified");
});

test("a later version is told apart before its signature is looked at", (t) => {
  const datagram = encode(sample, sample, OLD_KEY);
  datagram.writeUInt8(2, 3);
  t.is(decode(datagram, [KEY], "sp1").kind, "newerVersion");
  datagram.writeUInt8(0, 3);
  t.is(decode(datagram, [KEY], "sp1").kind, "unverified");
});

test("a node that is not the peer is strange, also one with this node's own name", (t) => {
  t.is(decode(encode(sample, sample, KEY), [KEY], "sp2").kind, "strangeNode");
});

test("texts are printable ASCII of at most 64 characters", (t) => {
  t.true(isHeartbeatText("0.1.0~rc1+deb13u1"));
  t.false(isHeartbeatText(""));
  t.false(isHeartbeatText("a b"));
  t.false(isHeartbeatText("é"));
  t.false(isHeartbeatText("x".repeat(65)));
});
