import test from "ava";
import type { ExecutionContext } from "ava";
import { headerValue } from "../../../components/sbc/sip/header.ts";
import type { SipRequest, SipResponse } from "../../../components/sbc/sip/message.ts";
import { until } from "../sip/until.ts";
import { Application, FOR_TEST, openedWithApplication } from "./drachtio-line.ts";
import type { ApplicationLine } from "./drachtio-line.ts";
import { LIMIT_MS } from "./line.ts";
import type { Line } from "./line.ts";
import { branchOf, sdpOf } from "./wire-phone.ts";

/* What an application that crashes or hangs may not do to anybody else. */

const CALLS = 100;
/** Calls at once, and how often: together more than the connection and the kernel keep of what nobody reads. */
const [BATCH, BATCHES] = [4, 400];

/** A call that the core carries. */
interface CoreCall {
  readonly answer: SipResponse;
  readonly onward: SipRequest;
}

/** A call from phone to phone, answered and acknowledged. */
const talking = async ({ pair, caller, callee }: Line): Promise<CoreCall> => {
  const seen = callee.heard.length;
  const invite = caller.invite(pair.port);
  const onward = await callee.request("INVITE", seen);
  callee.respond(onward, 200, { body: sdpOf("callee") });
  const answer = await caller.response(invite, 200);
  caller.acknowledge(answer);
  return { answer, onward };
};

const establish = async (line: Line): Promise<readonly CoreCall[]> => {
  const calls: CoreCall[] = [];
  for (let index = 0; index < CALLS; index += 1) calls.push(await talking(line));
  return calls;
};

/** How many of the calls are there, asked and ended from both sides. */
const hungUp = async ({ caller, callee }: Line, calls: readonly CoreCall[]): Promise<number> => {
  let good = 0;
  for (const { answer, onward } of calls) {
    const seen = callee.heard.length;
    const bye = caller.within(answer, "BYE");
    const onwardBye = await callee.request("BYE", seen);
    callee.respond(onwardBye, 200);
    const { status } = await caller.response(bye, 200);
    if (status === 200 && onwardBye.callId === onward.callId) good += 1;
  }
  return good;
};

/** A call of an application's, up. */
const withApplication = async (
  t: ExecutionContext,
  { pair, caller }: ApplicationLine,
): Promise<SipResponse> => {
  const invite = caller.invite(pair.port, { user: "answer", lines: FOR_TEST });
  const answer = await caller.response(invite, 200);
  caller.acknowledge(answer);
  t.is(answer.status, 200);
  return answer;
};

test.serial("an application that is killed ends its own calls and no other", async (t) => {
  const line = await openedWithApplication(t);
  const { pair, caller, application, port } = line;
  const calls = await establish(line);
  const own = await withApplication(t, line);
  const ringing = caller.invite(pair.port, { user: "ring", lines: FOR_TEST });
  await caller.response(ringing, 180);
  await application.kill();

  const bye = await caller.request("BYE");
  t.is(bye.callId, own.callId);
  t.regex(headerValue(bye, "Reason") ?? "", /the application has ended/);
  caller.respond(bye, 200);
  const end = await caller.response(ringing, 480);
  caller.acknowledgeFailure(ringing, end);
  const nobody = caller.invite(pair.port, { user: "answer", lines: FOR_TEST });
  caller.acknowledgeFailure(nobody, await caller.response(nobody, 480));

  t.is(await hungUp(line, calls), CALLS);
  // The next one is served as the first was.
  const next = new Application(port);
  t.teardown(() => next.kill());
  await next.says("connected");
  await withApplication(t, line);
});

test.serial(
  "while an application hangs its callers hear so in time, and other calls go on",
  async (t) => {
    const line = await openedWithApplication(t, { applicationSilentSeconds: 2 });
    const { pair, caller, application } = line;
    const own = await withApplication(t, line);
    application.signal("SIGSTOP");
    const unanswered = caller.invite(pair.port, { user: "answer", lines: FOR_TEST });
    const calls = await establish(line);
    const end = await caller.response(unanswered, 480);
    caller.acknowledgeFailure(unanswered, end);
    // A BYE ends its call whether the application hears of it or not.
    const bye = caller.within(own, "BYE");
    await caller.response(bye, 200);
    t.is(await hungUp(line, calls), CALLS);

    application.signal("SIGCONT");
    await application.says("answer ended");
    const again = caller.invite(pair.port, { user: "answer", lines: FOR_TEST });
    await t.notThrowsAsync(caller.response(again, 200));
  },
);

test.serial(
  "an application that reads nothing any more is let go when too much waits",
  async (t) => {
    const line = await openedWithApplication(t, { applicationSilentSeconds: 1 });
    const { pair, caller, application } = line;
    await withApplication(t, line);
    application.signal("SIGSTOP");
    t.teardown(() => application.signal("SIGCONT"));
    const padding = { ...FOR_TEST, Subject: "x".repeat(40_000) };
    // Until its connection is closed, which ends the call that it has.
    for (let batch = 0; caller.requests("BYE").length === 0 && batch < BATCHES; batch += 1) {
      const invites = Array.from({ length: BATCH }, () =>
        caller.invite(pair.port, { user: "answer", lines: padding }),
      );
      // No more at once than the buffer of a socket holds, which the kernel may keep at 200 KB.
      const isHeard = (): boolean => invites.every((each) => caller.answers(each).length > 0);
      await until(() => Promise.resolve(isHeard()), LIMIT_MS);
    }
    t.is(caller.requests("BYE").length > 0, true);
    const core = await talking(line);
    t.is(await hungUp(line, [core]), 1);
  },
);

test.serial("a call that nobody acknowledges is ended in the application's name", async (t) => {
  const line = await openedWithApplication(t);
  const { pair, caller, application } = line;
  const invite = caller.invite(pair.port, { user: "answer", lines: FOR_TEST });
  await caller.response(invite, 200);
  await application.says("answer ended");
  const [bye] = caller.requests("BYE");
  t.is(bye?.callId, invite.callId);
  t.not(bye && branchOf(bye), undefined);
});
