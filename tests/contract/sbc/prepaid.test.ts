import test from "ava";
import type { ExecutionContext } from "ava";
import { headerValue } from "../../../components/sbc/sip/header.ts";
import type { SipRequest, SipResponse } from "../../../components/sbc/sip/message.ts";
import { until } from "../sip/until.ts";
import { LIMIT_MS, opened } from "./line.ts";
import type { Line } from "./line.ts";
import { PREPAID, Purse } from "./purse.ts";
import { sdpOf } from "./wire-phone.ts";

/* Calls that are paid out of a balance in a real MariaDB, through real processes that are killed. One cent is one second. */

const purse = new Purse("purse");

test.before(() => purse.open());
test.after.always(() => purse.remove());

/** For so long money is set aside at once, unless a test says otherwise. */
const STEP_SECONDS = 4;

interface Talk {
  readonly sent: SipRequest;
  readonly answer: SipResponse;
  readonly arrived: SipRequest;
  /** When the 200 came; from shortly before it on time is charged. */
  readonly at: number;
}

const line = (t: ExecutionContext, more: object = {}): Promise<Line> =>
  opened(t, purse.settings({ prepaidStepSeconds: STEP_SECONDS, ...more }), purse.words);

/** A call that is up. */
const talk = async ({ pair, caller, callee }: Line): Promise<Talk> => {
  const seen = callee.heard.length;
  const sent = caller.invite(pair.port, { lines: PREPAID });
  const arrived = await callee.request("INVITE", seen);
  callee.respond(arrived, 200, { body: sdpOf("callee") });
  const answer = await caller.response(sent, 200);
  const at = performance.now();
  caller.acknowledge(answer);
  await callee.request("ACK", seen);
  return { sent, answer, arrived, at };
};

/** The sbc ends the call; both sides agree. Resolves with the seconds since the answer. */
const cutOff = async (
  { caller, callee }: Line,
  { at }: Talk,
  because: RegExp,
  t: ExecutionContext,
) => {
  const toCaller = await caller.request("BYE");
  const seconds = (performance.now() - at) / 1_000;
  caller.respond(toCaller, 200);
  const toCallee = await callee.request("BYE");
  callee.respond(toCallee, 200);
  t.regex(headerValue(toCaller, "Reason") ?? "", because);
  t.regex(headerValue(toCallee, "Reason") ?? "", because);
  return seconds;
};

const hangUp = async ({ caller, callee }: Line, { answer }: Talk): Promise<void> => {
  const bye = caller.within(answer, "BYE");
  callee.respond(await callee.request("BYE"), 200);
  await caller.response(bye, 200);
};

/** Every account is closed, and no record is left. */
const settled = async ({ pair }: Line): Promise<void> => {
  await until(() => Promise.resolve(purse.calls.every(({ cost }) => cost >= 0)), LIMIT_MS);
  await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
};

const confirmed = ({ pair }: Line): Promise<void> =>
  until(async () => (await pair.phases())["confirmed"] === 1, LIMIT_MS);

test.serial("without money the call does not go out, and the caller hears why", async (t) => {
  purse.fill(0);
  const at = await line(t);
  const sent = at.caller.invite(at.pair.port, { lines: PREPAID });
  const refusal = await at.caller.response(sent, 402);
  t.is(refusal.reason, "Insufficient Credit");
  at.caller.acknowledgeFailure(sent, refusal);
  await until(async () => (await at.pair.leftOver()).length === 0, LIMIT_MS);
  t.deepEqual(at.callee.heard, []);
  t.deepEqual(purse.calls, []);
  const other = { "P-NGCP-Prepaid": PREPAID["P-NGCP-Prepaid"].replace(/ .*/, " 3433") };
  const unknown = at.caller.invite(at.pair.port, { lines: other });
  t.is((await at.caller.response(unknown, 403)).reason, "No Fee For Destination");
});

test.serial(
  "what was set aside and not used goes back when the call ends, or is refused",
  async (t) => {
    purse.fill(100);
    const at = await line(t);
    const ringing = at.caller.invite(at.pair.port, { lines: PREPAID });
    const arrived = await at.callee.request("INVITE");
    t.is(headerValue(arrived, "P-NGCP-Prepaid"), undefined);
    t.is(purse.cents, 100 - STEP_SECONDS);
    at.callee.respond(arrived, 486);
    at.caller.acknowledgeFailure(ringing, await at.caller.response(ringing, 486));
    await settled(at);
    t.is(purse.cents, 100);
    await hangUp(at, await talk(at));
    await settled(at);
    const cost = purse.calls.at(-1)?.cost ?? 0;
    t.true(cost >= 1);
    t.is(purse.cents, 100 - cost);
  },
);

test.serial("the call ends with the money, to the second", async (t) => {
  purse.fill(6);
  const at = await line(t);
  const seconds = await cutOff(at, await talk(at), /credit is used up/, t);
  await settled(at);
  t.log(`${seconds.toFixed(3)} s after the answer`);
  t.true(seconds > 5.9);
  t.is(purse.cents, 0);
  t.deepEqual(purse.calls, [{ paid: 6, cost: 6, by: "end" }]);
});

test.serial("also when process and Redis are killed before", async (t) => {
  purse.fill(8);
  const at = await line(t);
  const call = await talk(at);
  await confirmed(at);
  t.is(await at.pair.failOver(), 1);
  const seconds = await cutOff(at, call, /credit is used up/, t);
  await settled(at);
  t.log(`${seconds.toFixed(3)} s after the answer`);
  t.true(seconds > 7.9);
  t.is(purse.cents, 0);
  t.deepEqual(purse.calls, [{ paid: 8, cost: 8, by: "end" }]);
});

test.serial(
  "a step that is paid, and of which the dead process has written nothing, is paid once",
  async (t) => {
    purse.fill(100);
    const at = await line(t);
    const call = await talk(at);
    await confirmed(at);
    await until(() => Promise.resolve(purse.steps.length >= 2), LIMIT_MS);
    await at.pair.die();
    const before = purse.steps;
    await at.pair.rewrite((record) => {
      const { prepaid } = record as { readonly prepaid: object };
      return { ...record, prepaid: { ...prepaid, steps: 1, intervals: STEP_SECONDS - 1 } };
    });
    const [, redis] = at.pair.redisPorts;
    t.is(await at.pair.startProcess(redis).ready(), 1);
    await until(() => Promise.resolve(purse.steps.length > before.length), LIMIT_MS);
    await hangUp(at, call);
    await settled(at);
    t.deepEqual(
      purse.steps,
      purse.steps.map((_step, index) => index),
    );
    const [{ cost, paid } = { cost: 0, paid: 0 }] = purse.calls;
    t.is(paid, purse.steps.length * STEP_SECONDS);
    t.is(purse.cents, 100 - cost);
  },
);

test.serial("ten calls at once share one balance, which they use up and no more", async (t) => {
  purse.fill(40);
  const at = await line(t, { prepaidStepSeconds: 1 });
  const { pair, caller, callee } = at;
  const sent = Array.from({ length: 10 }, () => caller.invite(pair.port, { lines: PREPAID }));
  const invites = new Map<string, SipRequest>();
  await until(() => {
    for (const invite of callee.requests("INVITE")) {
      if (invites.has(invite.callId)) continue;
      invites.set(invite.callId, invite);
      callee.respond(invite, 200, { body: sdpOf("callee") });
    }
    return Promise.resolve(invites.size === sent.length);
  }, LIMIT_MS);
  for (const invite of sent) caller.acknowledge(await caller.response(invite, 200));
  const ended = new Set<string>();
  await until(() => {
    for (const phone of [caller, callee])
      for (const bye of phone.requests("BYE")) {
        if (ended.has(bye.callId)) continue;
        ended.add(bye.callId);
        phone.respond(bye, 200);
      }
    return Promise.resolve(ended.size === 2 * sent.length);
  }, LIMIT_MS);
  await settled(at);
  const { calls } = purse;
  t.is(calls.length, 10);
  t.deepEqual(
    calls.map(({ cost }) => cost),
    calls.map(({ paid }) => paid),
  );
  t.is(
    calls.reduce((sum, { cost }) => sum + cost, 0),
    40,
  );
  t.is(purse.cents, 0);
});

test.serial(
  "a call lasts as long as it is paid when the database dies, and is settled when it is back",
  async (t) => {
    purse.fill(100);
    const at = await line(t);
    const call = await talk(at);
    await until(() => Promise.resolve(purse.steps.length >= 2), LIMIT_MS);
    const paid = purse.calls[0]?.paid ?? 0;
    await purse.die();
    const seconds = await cutOff(at, call, /cannot be paid now/, t);
    t.log(`${paid} s were paid, ${seconds.toFixed(3)} s it lasted`);
    t.true(seconds > paid - 0.1);
    await purse.revive();
    await settled(at);
    const [{ cost, by } = { cost: 0, by: "" }] = purse.calls;
    t.is(by, "end");
    t.is(purse.cents, 100 - cost);
    t.true(cost >= paid);
  },
);

test.serial("or goes on, where config.yml says so, and pays for that in the end", async (t) => {
  purse.fill(100);
  const at = await line(t, { prepaidWithoutDatabase: "continue" });
  const call = await talk(at);
  await confirmed(at);
  const paid = purse.calls[0]?.paid ?? 0;
  await purse.die();
  await until(() => Promise.resolve(performance.now() > call.at + 1_000 * (paid + 2)), LIMIT_MS);
  t.deepEqual(at.caller.requests("BYE"), []);
  await purse.revive();
  await hangUp(at, call);
  await settled(at);
  const cost = purse.calls[0]?.cost ?? 0;
  t.true(cost >= paid + 2);
  t.is(purse.cents, 100 - cost);
});

test.serial(
  "the account of a call that nobody has any more is settled by the next process",
  async (t) => {
    purse.fill(100);
    const at = await line(t);
    await talk(at);
    await until(() => Promise.resolve(purse.steps.length >= 2), LIMIT_MS);
    await at.pair.die();
    const steps = purse.steps.length;
    await at.pair.forgetAll();
    const [, redis] = at.pair.redisPorts;
    t.is(await at.pair.startProcess(redis).ready(), 0);
    await settled(at);
    const cost = (steps - 1) * STEP_SECONDS;
    t.deepEqual(purse.calls, [{ paid: steps * STEP_SECONDS, cost, by: "search" }]);
    t.is(purse.cents, 100 - cost);
  },
);

test.serial("what is paid in with a reference is counted once", async (t) => {
  purse.fill(0);
  const pay = (): Promise<string> =>
    purse.provision(["top-up", "acme", "12.5", "--reference", "receipt-1"]);
  t.notRegex(await pay(), /before/);
  t.regex(await pay(), /paid in before/);
  await purse.provision(["top-up", "acme", "0.5"]);
  t.is(purse.cents, 13);
  const told = JSON.parse(await purse.provision(["balance", "acme", "--json"])) as object;
  t.like(told, { customer: "acme", calls: 0 });
  await t.throwsAsync(purse.provision(["top-up", "acme", "-3"]), { message: /AMOUNT|amount/ });
});
