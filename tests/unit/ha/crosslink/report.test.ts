import test from "ava";
import fc from "fast-check";

import { keyOf } from "../../../../ha/crosslink/heartbeat.ts";
import { decodeReport, encodeReport } from "../../../../ha/crosslink/report.ts";
import { Reports } from "../../../../ha/crosslink/reports.ts";

const SECRET = Buffer.alloc(32, 7);
const KEY = keyOf(SECRET);
const OTHER_KEY = keyOf(Buffer.alloc(32, 8));
const SESSION = "00000000000000aa";
const ENDED_SESSION = "00000000000000ab";

const datagramOf = (sequence: number, text: string, session = SESSION): Buffer =>
  encodeReport({ session, sequence, text }, KEY) ?? Buffer.alloc(0);

test("what one node writes the other one reads, with either key of a rotation", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(), (text, sequence) => {
      const datagram = datagramOf(sequence, text);
      const report = { session: SESSION, sequence, text };
      t.deepEqual(decodeReport(datagram, [OTHER_KEY, KEY]), report);
    }),
  );
});

test("a datagram of another key, of another version, or with one bit changed is no report", (t) => {
  const datagram = datagramOf(1, "in-sync");
  t.is(decodeReport(datagram, [OTHER_KEY]), undefined);
  t.is(decodeReport(datagram, []), undefined);
  for (let at = 0; at < datagram.length; at += 1) {
    const changed = Buffer.from(datagram);
    changed[at] = (changed[at] ?? 0) ^ 1;
    t.is(decodeReport(changed, [KEY]), undefined, `byte ${at}`);
    t.is(decodeReport(datagram.subarray(0, at), [KEY]), undefined, `${at} bytes`);
  }
});

test("a text that no datagram holds is not sent", (t) => {
  t.not(encodeReport({ session: SESSION, sequence: 1, text: "a".repeat(65_000) }, KEY), undefined);
  t.is(encodeReport({ session: SESSION, sequence: 1, text: "a".repeat(65_500) }, KEY), undefined);
});

const reportsFrom = (peerSession: () => string | undefined): Reports =>
  new Reports({
    link: {
      name: "crosslink",
      address: "127.0.0.1",
      peerAddress: "127.0.0.1",
      port: 6947,
      anySender: false,
      now: () => 5,
    },
    keys: [SECRET],
    session: "00000000000000ff",
    peerSession,
  });

test("only what the peer of the heartbeats says, and nothing older than the newest, is believed", (t) => {
  const peer: { session?: string } = {};
  const reports = reportsFrom(() => peer.session);
  reports.onDatagram("crosslink", datagramOf(1, "before a heartbeat"));
  t.is(reports.heard, undefined);
  peer.session = SESSION;
  reports.onDatagram("crosslink", datagramOf(2, "second"));
  reports.onDatagram("crosslink", datagramOf(1, "first"));
  reports.onDatagram("crosslink", datagramOf(2, "again"));
  reports.onDatagram("crosslink", datagramOf(9, "of an ended session", ENDED_SESSION));
  reports.onDatagram("crosslink", Buffer.from("noise"));
  t.deepEqual(reports.heard, { text: "second", at: 5 });
});

test("a daemon that was started again counts from one", (t) => {
  const sessions = [ENDED_SESSION, SESSION];
  const reports = reportsFrom(() => sessions.shift());
  reports.onDatagram("crosslink", datagramOf(7, "old", ENDED_SESSION));
  reports.onDatagram("crosslink", datagramOf(1, "new"));
  t.is(reports.heard?.text, "new");
});
