import test from "ava";
import fc from "fast-check";
import { deedOf, wishOf } from "../../../../components/sbc/apps/codes.ts";
import type { Deed } from "../../../../components/sbc/apps/codes.ts";
import { answerWithoutMedia } from "../../../../components/sbc/apps/silence.ts";

const CODES = {
  ...{
    cfu: "72",
    cfb: "90",
    cft: "92",
    cfna: "93",
    block: "60",
    blockAnonymous: "77",
    reminder: "55",
  },
};

const deed = (dialled: string): Deed | undefined => {
  const wish = wishOf(dialled, CODES);
  return wish === undefined ? undefined : deedOf(wish);
};

test("a code says what is done, and to what", (t) => {
  t.deepEqual(deed("*72*4319002#"), { kind: "forward", type: "cfu", to: "4319002" });
  t.deepEqual(deed("*90*+4319002"), { kind: "forward", type: "cfb", to: "+4319002" });
  t.deepEqual(deed("*92*30*1#"), { kind: "forward", type: "cft", to: "1", seconds: 30 });
  t.deepEqual(deed("*72#"), { kind: "switchForwards", type: "cfu", on: true });
  t.deepEqual(deed("#72#"), { kind: "switchForwards", type: "cfu", on: false });
  t.deepEqual(deed("*#93#"), { kind: "tellForwards", type: "cfna" });
  t.deepEqual(deed("*60*1#"), { kind: "block", number: "1" });
  t.deepEqual(deed("#60*1#"), { kind: "unblock", number: "1" });
  t.deepEqual(deed("#60#"), { kind: "unblock", number: undefined });
  t.deepEqual(deed("#77#"), { kind: "blockAnonymous", on: false });
});

test("a reminder is set by four digits, forgotten and told", (t) => {
  t.deepEqual(deed("*55*0730#"), { kind: "remind", time: "07:30" });
  t.deepEqual(deed("*55*2359"), { kind: "remind", time: "23:59" });
  t.deepEqual(deed("#55"), { kind: "forgetReminder" });
  t.deepEqual(deed("#55#"), { kind: "forgetReminder" });
  t.deepEqual(deed("*#55#"), { kind: "tellReminder" });
  for (const dialled of ["*55#", "*55*2400#", "*55*0760#", "*55*730#", "*55*0730*1#", "#55*1#"])
    t.is(deed(dialled), undefined, dialled);
});

test("what is no code, or lacks a word or has one too many, does nothing", (t) => {
  for (const dialled of [
    ...["72", "*72", "4319002", "*11*1#", "*72*1*2#", "*92*0*1#", "*92*601*1#", "*60#"],
    ...["#72*1#", "*#72*1#", "*77*1#", "*60*1*2#", `*72*${"1".repeat(33)}#`],
  ])
    t.true([undefined, "switchForwards"].includes(deed(dialled)?.kind), dialled);
  t.is(deed("*72*1*2#"), undefined);
});

test("no text makes it throw, and a forward has digits alone", (t) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[*#0-9+a]{0,40}$/), (dialled) => {
      const made = deed(dialled);
      if (made?.kind === "forward") t.regex(made.to, /^\+?\d{1,32}$/);
      else t.pass();
    }),
  );
});

test("each stream of an offer is refused at its place, and no offer is answered by one", (t) => {
  const offer = "v=0\r\nm=audio 4000 RTP/AVP 8\r\na=x\r\nm=video 4002/2 RTP/AVP 96 97\r\n";
  t.deepEqual(answerWithoutMedia(offer).match(/^m=.*$/gm), [
    "m=audio 0 RTP/AVP 8",
    "m=video 0 RTP/AVP 96 97",
  ]);
  t.regex(answerWithoutMedia(""), /m=audio 9 [^]*a=inactive/);
});
