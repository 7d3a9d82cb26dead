import test from "ava";
import fc from "fast-check";
import {
  legOfTag,
  requestOfText,
  restoreCall,
  serializeCall,
  tagFor,
  takenOver,
  textOfMessage,
} from "../../../../components/sbc/call.ts";
import { callIn, anyCall, reliableCall } from "./calls.ts";
import { invite } from "./sip/messages.ts";

for (const phase of ["calling", "early", "answered", "confirmed", "ended"] as const)
  test(`a call in the phase ${phase} comes out of its record as it went in`, (t) => {
    fc.assert(
      fc.property(callIn(phase), fc.nat(), (call, generation) => {
        const record = serializeCall(call, generation);
        t.deepEqual(restoreCall(record), call);
        t.like(JSON.parse(record), { v: 1, gen: generation, phase });
      }),
    );
  });

test("what a reliable provisional response waits for comes out of the record as it went in", (t) => {
  fc.assert(
    fc.property(reliableCall, (call) => {
      const record = serializeCall(call, 1);
      t.like(JSON.parse(record), { phase: "early" });
      const back = restoreCall(record);
      t.deepEqual(back?.exchange?.reliable, call.exchange?.reliable);
      t.deepEqual(back?.exchange?.told, call.exchange?.told);
    }),
  );
});

test("what is no record of this version is no call", (t) => {
  const [call] = fc.sample(anyCall, 1);
  if (call === undefined) return t.fail();
  const record = serializeCall(call, 1);
  for (const text of ["", "{}", "null", record.slice(1), record.replace('"v":1', '"v":2')])
    t.is(restoreCall(text), undefined, text);
});

test("the numbers of our requests leave a gap after a takeover, and never go back", (t) => {
  fc.assert(
    fc.property(anyCall, (call) => {
      const after = takenOver(call);
      t.is(after.caller.localSequence, call.caller.localSequence + 10);
      t.is(after.callee.localSequence, call.callee.localSequence + 10);
    }),
  );
});

test("our tags name the call and the leg; nobody else's do", (t) => {
  t.deepEqual(legOfTag(tagFor("0123456789abcdef", "caller")), {
    id: "0123456789abcdef",
    side: "caller",
  });
  t.deepEqual(legOfTag(tagFor("0123456789abcdef", "callee")), {
    id: "0123456789abcdef",
    side: "callee",
  });
  for (const tag of ["", "0123456789abcdef", "0123456789abcdef3", "../0123456789abcdef1"])
    t.is(legOfTag(tag), undefined, tag);
});

test("a message comes out of its text byte for byte, whatever its body holds", (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), (body) => {
      const text = textOfMessage({ ...invite(), body });
      const back = requestOfText(text);
      t.deepEqual(Buffer.from(back?.body ?? []), Buffer.from(body));
      t.is(back === undefined ? "" : textOfMessage(back), text);
    }),
  );
});
