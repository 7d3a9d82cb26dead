import test from "ava";
import fc from "fast-check";
import type { Call, Description } from "../../../../components/sbc/call.ts";
import { afterRefreshAnswer } from "../../../../components/sbc/session-changes.ts";
import { callIn } from "./calls.ts";

const sdp = (version: number, port: number): Description => ({
  type: "application/sdp",
  body: `v=0\r\no=- 1 ${version} IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio ${port} RTP/AVP 8\r\n`,
});
const [any] = fc.sample(
  callIn("confirmed").filter(({ owed }) => owed === undefined),
  1,
);
const call = (): Call => {
  if (any === undefined) throw new Error("no call");
  return { ...any, descriptions: { caller: sdp(1, 4_000), callee: sdp(1, 5_000) } };
};

test("an answer that is as before, or of another version only, is owed to nobody", (t) => {
  for (const answer of [undefined, sdp(1, 4_000), sdp(2, 4_000)])
    t.deepEqual(afterRefreshAnswer(call(), "callee", answer), call());
});

test("an answer that differs is owed to the other side", (t) => {
  const after = afterRefreshAnswer(call(), "callee", sdp(2, 4_002));
  t.deepEqual(after.owed, { side: "caller", round: 1 });
  t.deepEqual(after.descriptions, { caller: sdp(2, 4_002), callee: sdp(1, 5_000) });
});

test("where the other side was told nothing that is kept, nothing is owed", (t) => {
  const untold = { ...call(), descriptions: { callee: sdp(1, 5_000) } };
  t.deepEqual(afterRefreshAnswer(untold, "callee", sdp(2, 4_002)), untold);
});

test("two sides that never agree do not ask each other for ever", (t) => {
  let current = afterRefreshAnswer(call(), "callee", sdp(2, 4_002));
  let rounds = 0;
  while (current.owed !== undefined && rounds < 10) {
    rounds += 1;
    current = afterRefreshAnswer(current, current.owed.side, sdp(2, 6_000 + rounds));
  }
  t.is(rounds, 2);
});
