import test from "ava";
import type { ExecutionContext } from "ava";
import { headerValue, hasElement } from "../../../components/sbc/sip/header.ts";
import type { SipRequest, SipResponse } from "../../../components/sbc/sip/message.ts";
import { until } from "../sip/until.ts";
import type { Line } from "./line.ts";
import { LIMIT_MS, opened } from "./line.ts";
import { branchOf, sdpOf } from "./wire-phone.ts";
import type { Lines } from "./wire-phone.ts";

const SUPPORTED: Lines = { Supported: "100rel" };
const reliable = (rseq: number): Lines => ({ Require: "100rel", RSeq: String(rseq) });
const bodyOf = ({ body }: SipRequest | SipResponse): string => Buffer.from(body).toString();
const rackTo = (answer: SipResponse): Lines => ({
  RAck: `${headerValue(answer, "RSeq")} ${answer.cseq.sequence} INVITE`,
});

interface Ringing {
  readonly sent: SipRequest;
  /** As the callee got it. */
  readonly invite: SipRequest;
  /** The reliable 183, as the caller got it. */
  readonly heard: SipResponse;
}

/** A call whose callee has answered by a reliable 183 with its session, which has come to the caller. */
const ringing = async ({ pair, caller, callee }: Line): Promise<Ringing> => {
  const sent = caller.invite(pair.port, { lines: SUPPORTED });
  const invite = await callee.request("INVITE");
  callee.respond(invite, 183, { lines: reliable(7), body: sdpOf("early") });
  return { sent, invite, heard: await caller.response(sent, 183) };
};

/** The callee answers without a session: its 183 has said it. */
const picksUp = async ({ caller, callee }: Line, { sent, invite }: Ringing) => {
  callee.respond(invite, 200);
  const answer = await caller.response(sent, 200);
  caller.acknowledge(answer);
  await callee.request("ACK");
  return answer;
};

/** The other node's Redis knows that the response is so far: a takeover from now on goes on from there. */
const replicated = (pair: Line["pair"], state: string): Promise<void> =>
  until(
    async () => (await pair.texts()).some((text) => text.includes(`"state":"${state}"`)),
    LIMIT_MS,
  );

const hangUp = async (t: ExecutionContext, line: Line, answer: SipResponse): Promise<void> => {
  const bye = line.caller.within(answer, "BYE");
  line.callee.respond(await line.callee.request("BYE"), 200);
  t.is((await line.caller.response(bye, 200)).status, 200);
  await until(async () => (await line.pair.leftOver()).length === 0, LIMIT_MS);
};

test.serial(
  "reliable provisional responses and their PRACKs go from end to end, with what they offer and answer, and UPDATE after them",
  async (t) => {
    const line = await opened(t);
    const { caller, callee } = line;
    const call = await ringing(line);
    t.true(hasElement(call.invite, "Supported", "100rel"));
    t.is(headerValue(call.invite, "Require"), undefined);
    t.true(hasElement(call.heard, "Require", "100rel"));
    t.is(bodyOf(call.heard), sdpOf("early"));
    const prack = caller.within(call.heard, "PRACK", {
      lines: rackTo(call.heard),
      body: sdpOf("again"),
    });
    const onward = await callee.request("PRACK");
    t.is(headerValue(onward, "RAck"), `7 ${call.invite.cseq.sequence} INVITE`);
    t.is(bodyOf(onward), sdpOf("again"));
    callee.respond(onward, 200, { body: sdpOf("agreed") });
    t.is(bodyOf(await caller.response(prack, 200)), sdpOf("agreed"));

    const update = caller.within(call.heard, "UPDATE", { body: sdpOf("update") });
    const updated = await callee.request("UPDATE");
    t.is(bodyOf(updated), sdpOf("update"));
    t.is(headerValue(updated, "Session-Expires"), undefined);
    callee.respond(updated, 200, { body: sdpOf("updated") });
    t.is(bodyOf(await caller.response(update, 200)), sdpOf("updated"));
    const theirs = callee.back(call.invite, "UPDATE", { body: sdpOf("theirs") });
    const offered = await caller.request("UPDATE");
    t.is(bodyOf(offered), sdpOf("theirs"));
    caller.respond(offered, 200, { body: sdpOf("ours") });
    t.is(bodyOf(await callee.response(theirs, 200)), sdpOf("ours"));

    callee.respond(call.invite, 180, { lines: reliable(8) });
    const rings = await caller.response(call.sent, 180);
    t.is(Number(headerValue(rings, "RSeq")), Number(headerValue(call.heard, "RSeq")) + 1);
    const seen = callee.heard.length;
    const second = caller.within(rings, "PRACK", { lines: rackTo(rings) });
    const next = await callee.request("PRACK", seen);
    t.is(headerValue(next, "RAck"), `8 ${call.invite.cseq.sequence} INVITE`);
    callee.respond(next, 200);
    await caller.response(second, 200);
    const answer = await picksUp(line, call);
    t.is(answer.body.length, 0);
    await hangUp(t, line, answer);
  },
);

test.serial(
  "a PRACK for something else is answered by 481, one without RAck by 400, and neither goes on",
  async (t) => {
    const line = await opened(t);
    const { caller, callee } = line;
    const { heard } = await ringing(line);
    const wrong = {
      RAck: `${Number(headerValue(heard, "RSeq")) + 1} ${heard.cseq.sequence} INVITE`,
    };
    await caller.response(caller.within(heard, "PRACK", { lines: wrong }), 481);
    await caller.response(caller.within(heard, "PRACK"), 400);
    t.deepEqual(callee.requests("PRACK"), []);
  },
);

test.serial(
  "a reliable response is repeated until its PRACK, and a 2xx waits for the session that it has told of",
  async (t) => {
    const line = await opened(t);
    const { caller, callee } = line;
    const call = await ringing(line);
    callee.respond(call.invite, 200);
    await until(
      () =>
        Promise.resolve(caller.answers(call.sent).filter((each) => each.status === 183).length > 2),
      LIMIT_MS,
    );
    const early = caller.answers(call.sent).filter(({ status }) => status === 183);
    t.is(new Set(early.map((each) => headerValue(each, "RSeq"))).size, 1);
    t.deepEqual(
      caller.answers(call.sent).filter(({ status }) => status === 200),
      [],
    );
    const prack = caller.within(call.heard, "PRACK", { lines: rackTo(call.heard) });
    callee.respond(await callee.request("PRACK"), 200);
    await caller.response(prack, 200);
    await hangUp(t, line, await picksUp(line, call));
  },
);

test.serial(
  "a caller that never acknowledges hears 504 after 64*T1, and the callee a CANCEL",
  async (t) => {
    const line = await opened(t);
    const { caller, callee, pair } = line;
    const call = await ringing(line);
    t.is((await caller.response(call.sent, 504, LIMIT_MS)).status, 504);
    caller.acknowledgeFailure(call.sent, await caller.response(call.sent, 504));
    callee.respond(await callee.request("CANCEL"), 200);
    callee.respond(call.invite, 487);
    await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
  },
);

test.serial(
  "where the caller knows no reliable responses the callee has its PRACK from us, and the caller its session in the 2xx",
  async (t) => {
    const line = await opened(t);
    const { caller, callee, pair } = line;
    const sent = caller.invite(pair.port);
    const refused = await callee.request("INVITE");
    t.false(hasElement(refused, "Supported", "100rel"));
    callee.respond(refused, 421, { lines: { Require: "100rel" } });
    const invite = await callee.following(refused);
    t.true(hasElement(invite, "Supported", "100rel"));
    callee.respond(invite, 183, { lines: reliable(7), body: sdpOf("early") });
    const heard = await caller.response(sent, 183);
    t.is(headerValue(heard, "Require"), undefined);
    t.is(headerValue(heard, "RSeq"), undefined);
    const prack = await callee.request("PRACK");
    t.is(headerValue(prack, "RAck"), `7 ${invite.cseq.sequence} INVITE`);
    callee.respond(prack, 200);
    const answer = await picksUp(line, { sent, invite, heard });
    t.is(bodyOf(answer), sdpOf("early"));
    await hangUp(t, line, answer);
  },
);

test.serial(
  "a caller that insists on reliable responses gets no other; an extension that nobody knows is refused",
  async (t) => {
    const line = await opened(t);
    const { caller, callee, pair } = line;
    const unknown = caller.invite(pair.port, { lines: { Require: "100rel, tandem-unheard-of" } });
    const refusal = await caller.response(unknown, 420);
    t.is(headerValue(refusal, "Unsupported"), "tandem-unheard-of");
    const sent = caller.invite(pair.port, { lines: { Require: "100rel" } });
    const invite = await callee.request("INVITE");
    t.true(hasElement(invite, "Require", "100rel"));
    callee.respond(invite, 180);
    callee.respond(invite, 183, { lines: reliable(7) });
    t.true(hasElement(await caller.response(sent, 183), "Require", "100rel"));
    t.deepEqual(
      caller.answers(sent).filter(({ status }) => status === 180),
      [],
    );
  },
);

test.serial(
  "a takeover before the PRACK: the same response is repeated, and its PRACK finds its way",
  async (t) => {
    const line = await opened(t);
    const { caller, callee, pair } = line;
    const call = await ringing(line);
    await replicated(pair, "waiting");
    t.is(await pair.failOver(), 1);
    const seen = caller.heard.length;
    await until(() => Promise.resolve(caller.heard.length > seen), LIMIT_MS);
    const [again] = caller.heard.slice(seen);
    t.is(again && headerValue(again, "RSeq"), headerValue(call.heard, "RSeq"));
    const prack = caller.within(call.heard, "PRACK", { lines: rackTo(call.heard) });
    callee.respond(await callee.request("PRACK"), 200, { body: sdpOf("agreed") });
    t.is(bodyOf(await caller.response(prack, 200)), sdpOf("agreed"));
    await hangUp(t, line, await picksUp(line, call));
  },
);

test.serial(
  "a takeover before the callee has answered its PRACK: it comes again as it was, and so does the caller's",
  async (t) => {
    const line = await opened(t);
    const { caller, callee, pair } = line;
    const call = await ringing(line);
    const prack = caller.within(call.heard, "PRACK", { lines: rackTo(call.heard) });
    const first = await callee.request("PRACK");
    await replicated(pair, "acknowledging");
    const seen = callee.heard.length;
    t.is(await pair.failOver(), 1);
    caller.send(prack, pair.port);
    const again = await callee.repeated(first, seen);
    callee.respond(again, 200);
    await caller.response(prack, 200);
    t.is(new Set(callee.requests("PRACK").map(branchOf)).size, 1);
    await hangUp(t, line, await picksUp(line, call));
  },
);

test.serial(
  "a takeover after the PRACK: the caller that repeats it is answered, and the callee hears nothing",
  async (t) => {
    const line = await opened(t);
    const { caller, callee, pair } = line;
    const call = await ringing(line);
    const prack = caller.within(call.heard, "PRACK", { lines: rackTo(call.heard) });
    callee.respond(await callee.request("PRACK"), 200, { body: sdpOf("agreed") });
    await caller.response(prack, 200);
    await replicated(pair, "acknowledged");
    await pair.failOver();
    const [seen, known] = [callee.requests("PRACK").length, caller.answers(prack).length];
    caller.send(prack, pair.port);
    await until(() => Promise.resolve(caller.answers(prack).length > known), LIMIT_MS);
    t.is(bodyOf(caller.answers(prack).at(-1) ?? prack), sdpOf("agreed"));
    t.is(callee.requests("PRACK").length, seen);
    await hangUp(t, line, await picksUp(line, call));
  },
);

test.serial(
  "the late answer to a PRACK brings no call back that has failed meanwhile: the next process takes none over",
  async (t) => {
    const line = await opened(t);
    const { caller, callee, pair } = line;
    const call = await ringing(line);
    const prack = caller.within(call.heard, "PRACK", { lines: rackTo(call.heard) });
    const onward = await callee.request("PRACK");
    callee.respond(call.invite, 486);
    caller.acknowledgeFailure(call.sent, await caller.response(call.sent, 486));
    await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
    callee.respond(onward, 200);
    t.is((await caller.response(prack, 200)).status, 200);
    // The answer goes out after the record, if there is one; what is written next comes to the other Redis after it.
    const seen = callee.heard.length;
    const next = caller.invite(pair.port);
    callee.respond(await callee.request("INVITE", seen), 180);
    await caller.response(next, 180);
    await until(async () => ((await pair.phases())["early"] ?? 0) > 0, LIMIT_MS);
    t.is((await pair.texts()).length, 1);
    t.is(await pair.failOver(), 1);
  },
);
