import test from "ava";
import { callKey } from "../../../../components/call-key.ts";
import { mediate } from "../../../../components/mediator/mediate.ts";
import type { Known, Mediation } from "../../../../components/mediator/mediate.ts";
import { OUTCOMES, outcomeOf } from "../../../../components/mediator/outcomes.ts";
import type { AccRecord, Cdr, EndedBy } from "../../../../components/mediator/records.ts";
import { answer, bye } from "./calls.ts";

const RULES = { maxCallMs: 3_600_000, graceMs: 90_000 };
const NOW: Known = { nowMs: 1_100_000, written: new Set(), goneSinceMs: new Map() };

const run = (records: readonly AccRecord[], known: Partial<Known> = {}): Mediation =>
  mediate(records, { ...NOW, ...known }, RULES);

const only = ({ cdrs }: Mediation): Cdr => {
  const [cdr] = cdrs;
  if (cdr === undefined || cdrs.length !== 1) throw new Error(`${cdrs.length} records`);
  return cdr;
};

test("start and stop become one record with its duration, and both are marked", (t) => {
  const mediation = run([bye("c"), answer("c")]);
  t.like(only(mediation), {
    ...{ callId: "c", type: "call", status: "ok", code: "200", endedBy: "bye" },
    ...{ startMs: 1_000_000, durationMs: 60_000 },
  });
  t.deepEqual(mediation.done, [1, 2]);
  t.deepEqual(mediation.stray, []);
});

test("the callee's BYE has the tags the other way round", (t) => {
  t.is(only(run([answer("c"), bye("c", { fromTag: "to", toTag: "from" })])).endedBy, "bye");
});

test("a BYE with other tags ends another call", (t) => {
  const mediation = run([answer("c"), bye("c", { toTag: "fork" })]);
  t.deepEqual(mediation, { cdrs: [], done: [], stray: [] });
});

test("two forks that were both answered are two calls", (t) => {
  const forks = [answer("c"), answer("c", { id: 3, toTag: "fork" })];
  const { cdrs, done } = run([...forks, bye("c"), bye("c", { id: 4, toTag: "fork" })]);
  t.is(cdrs.length, 2);
  t.deepEqual(done.toSorted(), [1, 2, 3, 4]);
});

test("the earliest of repeated records counts", (t) => {
  const late = answer("c", { id: 7, atMs: 1_000_500 });
  const glare = bye("c", { id: 8, atMs: 1_061_000, fromTag: "to", toTag: "from" });
  const mediation = run([late, glare, answer("c"), bye("c")]);
  t.like(only(mediation), { startMs: 1_000_000, durationMs: 60_000 });
  t.is(mediation.done.length, 4);
});

test("a stop whose clock is behind the start's makes no negative duration", (t) => {
  t.is(only(run([answer("c"), bye("c", { atMs: 999_000 })])).durationMs, 0);
});

test("a BYE that nobody answered ends the call, one that was challenged does not", (t) => {
  t.is(only(run([answer("c"), bye("c", { code: "408" })])).endedBy, "bye");
  t.deepEqual(run([answer("c"), bye("c", { code: "407" })]).cdrs, []);
});

test("a stop of the proxy's own says that there was no media; a phone's reason says nothing", (t) => {
  const stop = (code: string): EndedBy | undefined =>
    only(run([answer("c"), bye("c", { code, reason: "No Media" })])).endedBy;
  t.deepEqual([stop(""), stop("200")], ["no_media", "bye"]);
});

test("a call goes on until its dialog has been gone for the grace", (t) => {
  t.deepEqual(run([answer("c")]).cdrs, []);
  const gone = new Map([["c", 1_010_000]]);
  t.deepEqual(run([answer("c")], { goneSinceMs: gone, nowMs: 1_100_000 }).cdrs, []);
  const closed = only(run([answer("c")], { goneSinceMs: gone, nowMs: 1_100_001 }));
  t.like(closed, { status: "ok", endedBy: "no_dialog", durationMs: 10_000 });
});

test("regression: the row of a BYE that waits for its answer comes after the dialog went", (t) => {
  const gone = new Map([["c", 1_060_000]]);
  const waiting = run([answer("c")], { goneSinceMs: gone, nowMs: 1_090_000 });
  t.deepEqual(waiting.cdrs, []);
  const row = bye("c", { atMs: 1_092_000, code: "408" });
  t.is(only(run([answer("c"), row], { goneSinceMs: gone, nowMs: 1_092_000 })).endedBy, "bye");
});

test("a call that is longer than the longest is closed at that length", (t) => {
  const closed = only(run([answer("c")], { nowMs: 1_000_000 + RULES.maxCallMs + 1 }));
  t.like(closed, { endedBy: "max_length", durationMs: RULES.maxCallMs });
});

test("a call that has its record gets none again, whatever comes later", (t) => {
  const written = new Set([callKey(answer("c"))]);
  const late = [answer("c", { id: 9 }), bye("c"), bye("c", { id: 10, code: "407" })];
  const { cdrs, done, stray } = run(late, { written });
  t.deepEqual([cdrs, done.toSorted(), stray], [[], [10, 2, 9].toSorted(), []]);
  const alone = bye("c", { fromTag: "to", toTag: "from" });
  t.deepEqual(run([alone], { written }), { cdrs: [], done: [2], stray: [] });
});

test("a stop without a start waits for the grace and is put aside then", (t) => {
  t.deepEqual(run([bye("c")]).stray, []);
  t.deepEqual(run([bye("c")], { nowMs: 1_060_000 + RULES.graceMs + 1 }).stray, [2]);
});

test("a challenge is no call", (t) => {
  t.deepEqual(run([answer("c", { code: "407" })]), { cdrs: [], done: [], stray: [1] });
});

for (const [code, reason, status] of [
  ["486", "Busy Here", "busy"],
  ["600", "Busy Everywhere", "busy"],
  ["487", "Request Terminated", "cancel"],
  ["404", "Not Found", "offline"],
  ["480", "Offline", "noanswer"],
  ["480", "Temporarily Unavailable", "noanswer"],
  ["408", "Request Timeout", "timeout"],
  ["403", "Caller locked", "other"],
  ["503", "Service Unavailable", "other"],
] as const)
  test(`${code} ${reason} is ${status}`, (t) => {
    const refused = only(run([answer("c", { code, reason })]));
    t.like(refused, { status, code, durationMs: 0, endedBy: "refusal" });
  });

test("our own word for a subscriber without a registration is known by its mark, whatever it says", (t) => {
  const words = { reason: "Nobody here", destinationLeg: "uuid=b;reply=offline" };
  t.is(only(run([answer("c", { code: "480", ...words })])).status, "offline");
});

test("a call that was forwarded elsewhere names the target, and what was dialled beside it", (t) => {
  const legs = { destinationLeg: "call_type=cfu;by=b;to=example.net", routedUser: "carol" };
  const { destination, dialled } = only(run([answer("c", legs), bye("c")]));
  t.deepEqual(destination, { user: "carol", domain: "example.net", uuid: "" });
  t.like(dialled, { user: "bob", domain: "sip.example.org" });
});

test("every rule of the table is reached, and every final answer by one", (t) => {
  const answers = Array.from({ length: 500 }, (_none, index) => ({
    code: String(200 + index),
    destinationLeg: "",
  }));
  const reached = new Set(
    [...answers, { code: "480", destinationLeg: "reply=offline" }].map(outcomeOf),
  );
  t.deepEqual([...reached].length, OUTCOMES.length);
  t.is(outcomeOf({ code: "", destinationLeg: "" }).kind, "noCall");
});

test("a call forward that the proxy marked is the type of the call", (t) => {
  const forwarded = answer("c", { destinationLeg: "uuid=b;call_type=cfb" });
  t.is(only(run([forwarded, bye("c")])).type, "cfb");
  t.is(only(run([answer("c", { sourceLeg: "call_type=nonsense" }), bye("c")])).type, "call");
});

test("the number that the proxy marked is the caller's, and whether it was hidden", (t) => {
  const marked = answer("c", { sourceLeg: "uuid=a;cli=4319001;clir=1" });
  const { cli, isHidden } = only(run([marked, bye("c")]));
  t.deepEqual([cli, isHidden], ["4319001", true]);
  const bare = only(run([answer("c"), bye("c")]));
  t.deepEqual([bare.cli, bare.isHidden], ["", false]);
});
