import test from "ava";
import fc from "fast-check";
import { parseMessage } from "../../../../../components/sbc/sip/parse.ts";
import { mutated } from "../../../../bench/mutate.ts";
import { readTwice, sipCorpus } from "../../../../bench/sip-oracle.ts";
import { Random } from "../../../../sim/random.ts";

const DATAGRAMS = 10_000;

test("ten thousand mutated datagrams: nothing throws, and what is understood is written as it was meant", (t) => {
  const corpus = sipCorpus();
  const random = new Random(2026, "unit");
  for (let count = 0; count < DATAGRAMS; count += 1) {
    const datagram = mutated(corpus[count % corpus.length] ?? Buffer.alloc(0), random);
    t.notThrows(() => readTwice(datagram));
  }
});

test("each message cut off at each octet is understood, answered or dropped", (t) => {
  for (const message of sipCorpus())
    for (let end = 0; end < message.length; end += 1) readTwice(message.subarray(0, end));
  t.pass();
});

test("no bytes at all make the parser throw", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      t.truthy(parseMessage(bytes));
    }),
  );
});

test("no time is spent in going back: lines of one kind of character take as long as they are long", (t) => {
  const worst = ['"', "\\", "<", ";", ",", " ", "\t", "a=", "%41", "a,", ";a", '"\\'];
  for (const name of ["Via", "From", "To", "Contact", "Route", "CSeq", "Call-ID"])
    for (const piece of worst) {
      const line = `${name}: ${piece.repeat(60_000 / piece.length)}`;
      t.is(parseMessage(Buffer.from(`OPTIONS sip:a SIP/2.0\r\n${line}\r\n\r\n`)).kind, "malformed");
    }
});
