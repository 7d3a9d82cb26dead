import test from "ava";
import type { ExecutionContext } from "ava";
import { askSbc } from "../../../components/sbc/control/client.ts";
import { headerValue } from "../../../components/sbc/sip/header.ts";
import type { SipRequest, SipResponse } from "../../../components/sbc/sip/message.ts";
import { until } from "../sip/until.ts";
import type { Line } from "./line.ts";
import { LIMIT_MS, opened } from "./line.ts";
import { branchOf, sdpOf } from "./wire-phone.ts";
import type { Lines } from "./wire-phone.ts";

interface Up {
  readonly answer: SipResponse;
  /** As the callee got it. */
  readonly invite: SipRequest;
}

/** Sets up a call, with these headers in its 2xx. */
const established = async ({ pair, caller, callee }: Line, lines: Lines = {}): Promise<Up> => {
  const sent = caller.invite(pair.port);
  const invite = await callee.request("INVITE");
  callee.respond(invite, 200, { lines, body: sdpOf("callee") });
  const answer = await caller.response(sent, 200);
  caller.acknowledge(answer);
  await callee.request("ACK");
  await until(async () => (await pair.phases())["confirmed"] === 1, LIMIT_MS);
  return { answer, invite };
};

/** Hangs up, and sees that both sides and Redis have ended the call. */
const hangUp = async (t: ExecutionContext, line: Line, answer: SipResponse): Promise<void> => {
  const { pair, caller, callee } = line;
  const bye = caller.within(answer, "BYE");
  callee.respond(await callee.request("BYE"), 200);
  t.is((await caller.response(bye, 200)).status, 200);
  await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
};

test.serial(
  "a call that Redis cannot be asked for after a takeover is not denied: what is about it waits, and hears 503 at last",
  async (t) => {
    const line = await opened(t);
    const { answer } = await established(line);
    await line.pair.die();
    await line.pair.startUnread();
    const bye = line.caller.within(answer, "BYE");
    await line.caller.response(bye, 503, LIMIT_MS);
    t.is(line.caller.answers(bye).length, 1);
    const again = line.caller.within(answer, "BYE");
    await line.pair.allowReading();
    line.callee.respond(await line.callee.request("BYE"), 200);
    t.is((await line.caller.response(again, 200)).status, 200);
  },
);

test.serial(
  "an INVITE that comes again while Redis cannot be read begins no second call",
  async (t) => {
    const { pair, caller, callee } = await opened(t);
    const sent = caller.invite(pair.port);
    const first = await callee.request("INVITE");
    await caller.response(sent, 100);
    await until(async () => (await pair.phases())["calling"] === 1, LIMIT_MS);
    await pair.die();
    const next = await pair.startUnread();
    const seen = callee.heard.length;
    caller.send(sent, pair.port);
    caller.cancel(sent);
    // Both processes have taken it in.
    await until(() => Promise.resolve(caller.answers(sent).length === 2), LIMIT_MS);
    await pair.allowReading();
    t.is(await next.ready(), 1);
    const again = await callee.repeated(first, seen);
    t.is(new Set(callee.requests("INVITE").map(({ callId }) => callId)).size, 1);
    await caller.response(sent, 487);
    callee.respond(again, 180);
    t.is(branchOf(await callee.request("CANCEL")), branchOf(first));
  },
);

test.serial(
  "an INVITE whose interval the callee finds too small goes out again with a longer one, and the caller hears nothing of it (RFC 4028 section 7.4)",
  async (t) => {
    const line = await opened(t);
    const { pair, caller, callee } = line;
    const sent = caller.invite(pair.port);
    const first = await callee.request("INVITE");
    t.is(headerValue(first, "Session-Expires"), "1800");
    callee.respond(first, 422, { lines: { "Min-SE": "3600" } });
    const second = await callee.following(first);
    t.is(headerValue(second, "Session-Expires"), "3600");
    t.is(headerValue(second, "Min-SE"), "3600");
    t.is(second.callId, first.callId);
    t.is(second.cseq.sequence, first.cseq.sequence + 1);
    t.is(Buffer.from(second.body).toString(), sdpOf("caller"));
    const unanswered = callee.heard.length;
    callee.respond(second, 200, { body: sdpOf("callee") });
    const answer = await caller.response(sent, 200);
    caller.acknowledge(answer);
    t.is((await callee.request("ACK", unanswered)).cseq.sequence, second.cseq.sequence);
    t.deepEqual(
      caller.answers(sent).filter(({ status }) => status >= 300),
      [],
    );
    await hangUp(t, line, answer);
  },
);

test.serial(
  "a callee that finds what it asked for too small is no callee: the call fails",
  async (t) => {
    const { pair, caller, callee } = await opened(t);
    const sent = caller.invite(pair.port);
    callee.respond(await callee.request("INVITE"), 422, { lines: { "Min-SE": "90" } });
    t.is((await caller.response(sent, 500)).status, 500);
  },
);

test.serial(
  "a side that has us refresh and takes no UPDATE is refreshed by INVITE with the session as it knows it",
  async (t) => {
    const line = await opened(t);
    const lines = { Require: "timer", "Session-Expires": "12;refresher=uac", Allow: "INVITE, BYE" };
    const { answer, invite } = await established(line, lines);
    const { callee, caller } = line;
    const first = await callee.following(invite);
    t.is(Buffer.from(first.body).toString(), sdpOf("caller"));
    t.is(headerValue(first, "Session-Expires"), "1800;refresher=uac");
    callee.respond(first, 422, { lines: { "Min-SE": "3600" } });
    const second = await callee.following(first);
    t.is(headerValue(second, "Session-Expires"), "3600;refresher=uac");
    // Meanwhile the other side may not offer anything.
    const hold = caller.within(answer, "INVITE", { body: sdpOf("hold") });
    await caller.response(hold, 491);
    callee.respond(second, 180);
    const unanswered = callee.heard.length;
    callee.respond(second, 200, {
      lines: { ...lines, "Session-Expires": "3600;refresher=uac" },
      body: sdpOf("callee"),
    });
    t.is((await callee.request("ACK", unanswered)).cseq.sequence, second.cseq.sequence);
    t.deepEqual(caller.requests("INVITE"), []);
    await hangUp(t, line, answer);
  },
);

const MOVED = sdpOf("callee").replace("4000", "4002");
const REFRESHED: Lines = {
  Require: "timer",
  "Session-Expires": "12;refresher=uac",
  Allow: "INVITE, BYE",
};

/** A call whose callee answers its refresh by INVITE with another session; the caller has the INVITE that tells it of that. */
const moved = async (line: Line) => {
  const up = await established(line, REFRESHED);
  const refresh = await line.callee.following(up.invite);
  const lines = { ...REFRESHED, "Session-Expires": "1800;refresher=uac" };
  line.callee.respond(refresh, 200, { lines, body: MOVED });
  const told = await line.caller.request("INVITE");
  return { ...up, refresh, told };
};

test.serial(
  "a side that answers its refresh with another session has the other side offered that",
  async (t) => {
    const line = await opened(t);
    const { caller, callee } = line;
    const { answer, refresh, told } = await moved(line);
    t.is(Buffer.from(told.body).toString(), MOVED);
    caller.respond(told, 200, { body: sdpOf("caller").replace(" 1 1 ", " 1 2 ") });
    const acknowledged = await caller.request("ACK");
    t.is(acknowledged.cseq.sequence, told.cseq.sequence);
    // The version alone is no change: the callee hears nothing of it.
    t.is(callee.requests("INVITE").at(-1)?.cseq.sequence, refresh.cseq.sequence);
    await hangUp(t, line, answer);
  },
);

test.serial(
  "a side that has not been told of a changed session is told after a takeover",
  async (t) => {
    const line = await opened(t);
    const { caller, pair } = line;
    const { answer, told } = await moved(line);
    await until(async () => (await pair.texts()).some((text) => text.includes('"owed"')), LIMIT_MS);
    t.is(await pair.failOver(), 1);
    const again = await caller.following(told);
    t.is(Buffer.from(again.body).toString(), MOVED);
    caller.respond(again, 200, { body: sdpOf("caller") });
    await caller.request("ACK");
    await until(
      async () => !(await pair.texts()).some((text) => text.includes('"owed"')),
      LIMIT_MS,
    );
    await hangUp(t, line, answer);
  },
);

test.serial(
  "a side that was to refresh while no node answered keeps its time for that, whatever the other side does",
  async (t) => {
    const line = await opened(t);
    const { pair, caller, callee } = line;
    const { answer, invite } = await established(line);
    await pair.die();
    const overdue = { kind: "session", seconds: 90, weRefresh: false, since: Date.now() - 85_000 };
    await pair.rewrite((record) => {
      const { timers } = record as { timers: object };
      return { ...record, timers: { ...timers, callee: overdue } };
    });
    await pair.startProcess(pair.redisPorts[1]).ready();
    const refresh = caller.within(answer, "UPDATE");
    await caller.response(refresh, 200);
    const theirs = callee.back(invite, "UPDATE", {
      lines: { Supported: "timer", "Session-Expires": "600;refresher=uac" },
    });
    t.is((await callee.response(theirs, 200)).status, 200);
    t.deepEqual(callee.requests("BYE"), []);
    await hangUp(t, line, answer);
  },
);

/** The caller puts the call on hold and cancels that before the callee has answered. */
const cancelledHold = async ({ caller, callee }: Line, answer: SipResponse) => {
  const seen = callee.heard.length;
  const again = caller.within(answer, "INVITE", { body: sdpOf("hold") });
  const onward = await callee.request("INVITE", seen);
  callee.respond(onward, 100);
  await caller.response(again, 100);
  caller.cancel(again);
  await callee.request("CANCEL", seen);
  return { again, onward, seen };
};

test.serial("a 2xx that crosses the CANCEL of a re-INVITE holds for both sides", async (t) => {
  const line = await opened(t);
  const { caller, callee, pair } = line;
  const { answer } = await established(line);
  const { again, onward, seen } = await cancelledHold(line, answer);
  callee.respond(onward, 200, { body: sdpOf("held") });
  const held = await caller.response(again, 200);
  t.is(Buffer.from(held.body).toString(), sdpOf("held"));
  caller.acknowledge(held);
  await callee.request("ACK", seen);
  t.deepEqual([...caller.requests("BYE"), ...callee.requests("BYE")], []);
  t.is((await pair.phases())["confirmed"], 1);
  await hangUp(t, line, answer);
});

test.serial(
  "a cancelled re-INVITE is answered as the other side has answered it, and the call goes on",
  async (t) => {
    const line = await opened(t);
    const { caller, callee } = line;
    const { answer } = await established(line);
    const { again, onward } = await cancelledHold(line, answer);
    callee.respond(onward, 487);
    caller.acknowledgeFailure(again, await caller.response(again, 487));
    await hangUp(t, line, answer);
  },
);

test.serial(
  "of a call that ends while a re-INVITE is open no transaction is left, though nobody answers that",
  async (t) => {
    const line = await opened(t);
    const { caller, callee, pair } = line;
    const { answer } = await established(line);
    const seen = callee.heard.length;
    const again = caller.within(answer, "INVITE", { body: sdpOf("hold") });
    callee.respond(await callee.request("INVITE", seen), 100);
    await caller.response(again, 100);
    const bye = caller.within(answer, "BYE");
    callee.respond(await callee.request("BYE", seen), 200);
    await caller.response(bye, 200);
    caller.acknowledgeFailure(again, await caller.response(again, 487));
    const at = { address: "127.0.0.1", port: pair.controlPort };
    const transactions = async () => (await askSbc({ command: "stats" }, at)).transactions;
    await until(async () => (await transactions()) === 0, LIMIT_MS);
    t.is(await transactions(), 0);
  },
);
