import test from "ava";
import fc from "fast-check";
import {
  frameOf,
  LONGEST_FRAME_BYTES,
  takeFrames,
} from "../../../../../components/sbc/drachtio/frames.ts";

const payload = fc.string({ unit: "binary", minLength: 1, maxLength: 200 }).filter(
  // A half of a surrogate pair is no text that UTF-8 can carry.
  (text) => text === Buffer.from(text).toString(),
);

/** All payloads of a stream that comes in pieces. */
const takenOf = (pieces: readonly Buffer[]): readonly string[] => {
  const payloads: string[] = [];
  let rest: Buffer = Buffer.alloc(0);
  for (const piece of pieces) {
    const taken = takeFrames(Buffer.concat([rest, piece]));
    if (taken.kind === "broken") throw new Error("broken");
    payloads.push(...taken.payloads);
    rest = taken.rest;
  }
  if (rest.length > 0) throw new Error("something is left");
  return payloads;
};

test("payloads come out as they went in, wherever the stream is cut", (t) => {
  fc.assert(
    fc.property(
      fc.array(payload, { maxLength: 8 }),
      fc.array(fc.nat(400), { maxLength: 8 }),
      (payloads, cuts) => {
        const bytes = Buffer.concat(payloads.map(frameOf));
        const at = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length];
        at.sort((a, b) => a - b);
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        t.deepEqual(takenOf(pieces), payloads);
      },
    ),
  );
});

test("bytes that nobody has framed are taken for broken or for an incomplete frame, and never throw", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const taken = takeFrames(Buffer.from(bytes));
      if (taken.kind === "payloads") t.true(taken.rest.length <= bytes.length);
    }),
  );
});

test("a length that is no number, nothing or too much breaks the stream at once", (t) => {
  for (const text of ["#", "0#", "x#a", "-1#a", "1e3#a", `${LONGEST_FRAME_BYTES + 1}#`, "12345678"])
    t.is(takeFrames(Buffer.from(text)).kind, "broken", text);
});
