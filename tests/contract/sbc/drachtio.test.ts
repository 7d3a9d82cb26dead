import test from "ava";
import { headerValue } from "../../../components/sbc/sip/header.ts";
import { tagOf } from "../../../components/sbc/sip/address.ts";
import { Application, FOR_TEST, openedWithApplication } from "./drachtio-line.ts";
import { branchOf, sdpOf } from "./wire-phone.ts";

test.serial(
  "drachtio-srf answers a call, hears what is said in it, and is told when it ends",
  async (t) => {
    const { pair, caller, application } = await openedWithApplication(t);
    const invite = caller.invite(pair.port, { user: "answer", lines: FOR_TEST });
    const answer = await caller.response(invite, 200);
    t.regex(answer.body.toString(), /o=application/);
    t.is(headerValue(answer, "Contact"), `<sip:127.0.0.1:${pair.port}>`);
    // Without an ACK it comes again (RFC 3261 section 13.3.1.4).
    const seen = caller.heard.length;
    await caller.response(invite, 200);
    t.true(caller.heard.length >= seen);
    caller.acknowledge(answer);

    const info = caller.within(answer, "INFO");
    t.is(headerValue(await caller.response(info, 200), "Subject"), "heard");
    const again = caller.within(answer, "INVITE", { body: sdpOf("again") });
    const modified = await caller.response(again, 200);
    caller.acknowledge(modified);

    const bye = caller.within(answer, "BYE");
    await caller.response(bye, 200);
    await application.says("answer ended");
    const late = caller.within(answer, "INFO");
    await caller.response(late, 481);
  },
);

test.serial(
  "a call that drachtio-srf refuses is refused in its words, and one that is cancelled is told to it",
  async (t) => {
    const { pair, caller, application } = await openedWithApplication(t);
    const refused = caller.invite(pair.port, { user: "refuse", lines: FOR_TEST });
    const refusal = await caller.response(refused, 486);
    t.is(headerValue(refusal, "Subject"), "not now");
    caller.acknowledgeFailure(refused, refusal);

    const invite = caller.invite(pair.port, { user: "ring", lines: FOR_TEST });
    await caller.response(invite, 180);
    caller.cancel(invite);
    const end = await caller.response(invite, 487);
    caller.acknowledgeFailure(invite, end);
    await application.says("cancelled");
  },
);

test.serial(
  "drachtio-srf calls a phone that wants a password, asks it something and hangs up",
  async (t) => {
    const { pair, caller, callee, application } = await openedWithApplication(t);
    const message = caller.outside("MESSAGE", pair.port, {
      user: `call-${callee.port}`,
      lines: FOR_TEST,
    });
    await caller.response(message, 202);
    const first = await callee.request("INVITE");
    callee.respond(first, 401, { lines: { "WWW-Authenticate": 'Digest realm="here", nonce="1"' } });
    const second = await callee.following(first);
    t.regex(headerValue(second, "Authorization") ?? "", /username="us"/);
    t.is(tagOf(second.from), tagOf(first.from));
    callee.respond(second, 180);
    callee.respond(second, 200, { body: sdpOf("callee") });
    const ack = await callee.request("ACK", callee.heard.indexOf(second));
    t.is(ack.cseq.sequence, second.cseq.sequence);
    const info = await callee.request("INFO");
    t.is(headerValue(info, "Subject"), "a question");
    callee.respond(info, 200);
    const bye = await callee.request("BYE");
    callee.respond(bye, 200);
    await application.says("info 200");
  },
);

test.serial(
  "createB2BUA of drachtio-srf joins two phones, from the first ringing to the last BYE",
  async (t) => {
    const { pair, caller, callee, application } = await openedWithApplication(t);
    const user = `bridge-${callee.port}`;
    const invite = caller.invite(pair.port, { user, lines: FOR_TEST });
    const onward = await callee.request("INVITE");
    t.deepEqual(onward.body, invite.body);
    callee.respond(onward, 180);
    await caller.response(invite, 180);
    callee.respond(onward, 200, { body: sdpOf("callee") });
    const answer = await caller.response(invite, 200);
    t.is(answer.body.toString(), sdpOf("callee"));
    caller.acknowledge(answer);
    await callee.request("ACK");
    const bye = callee.back(onward, "BYE");
    await callee.response(bye, 200);
    const onwardBye = await caller.request("BYE");
    caller.respond(onwardBye, 200);
    await application.says("uac ended");

    const seen = callee.heard.length;
    const cancelled = caller.invite(pair.port, { user, lines: FOR_TEST });
    const ringing = await callee.request("INVITE", seen);
    callee.respond(ringing, 180);
    await caller.response(cancelled, 180);
    caller.cancel(cancelled);
    const cancel = await callee.request("CANCEL");
    t.is(branchOf(cancel), branchOf(ringing));
    callee.respond(cancel, 200);
    callee.respond(ringing, 487);
    await callee.request("ACK", callee.heard.indexOf(cancel));
    caller.acknowledgeFailure(cancelled, await caller.response(cancelled, 487));
  },
);

test.serial("a wrong secret opens nothing", async (t) => {
  const { port } = await openedWithApplication(t);
  const stranger = new Application(port, "guessed");
  t.teardown(() => stranger.kill());
  await t.notThrowsAsync(stranger.says("refused"));
});
