import test from "ava";
import type { ExecutionContext } from "ava";
import type { SipRequest } from "../../../components/sbc/sip/message.ts";
import { until } from "../sip/until.ts";
import { LIMIT_MS, opened } from "./line.ts";
import type { Line } from "./line.ts";
import { PREPAID, Purse } from "./purse.ts";
import { branchOf, sdpOf } from "./wire-phone.ts";

/* Prepaid calls while the real MariaDB hangs, is dead, or waits for a peer that is gone. */

const purse = new Purse("purse-faults");

test.before(() => purse.open());
test.after.always(() => purse.remove());

const STEP_SECONDS = 4;
/** What it takes to find out that a server that takes connections does not answer. */
const PATIENCE_MS = 5_000;
const CENTS = 100;
/** How long a commit waits for a peer that is gone, and a step that lasts longer. */
const [COMMIT_WAIT_MS, LONG_STEP_SECONDS] = [6_000, 8];

const line = (t: ExecutionContext, settings: object = {}): Promise<Line> => {
  purse.fill(CENTS);
  const all = { prepaidStepSeconds: STEP_SECONDS, ...settings };
  return opened(t, purse.settings(all), purse.words);
};

const frozen = (t: ExecutionContext): void => {
  purse.freeze();
  t.teardown(() => purse.thaw());
};

/** A call that goes out to the callee, who refuses it. */
const refused = async ({ pair, caller, callee }: Line): Promise<SipRequest> => {
  const seen = callee.heard.length;
  const sent = caller.invite(pair.port, { lines: PREPAID });
  const arrived = await callee.request("INVITE", seen);
  callee.respond(arrived, 486);
  caller.acknowledgeFailure(sent, await caller.response(sent, 486));
  return arrived;
};

/** Every account is closed, and no record is left. */
const settled = async ({ pair }: Line): Promise<void> => {
  await until(() => Promise.resolve(purse.calls.every(({ cost }) => cost >= 0)), LIMIT_MS);
  await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
};

const invitesAt = ({ callee }: Line): number =>
  new Set(callee.requests("INVITE").map(branchOf)).size;

test.serial(
  "a call that is cancelled while the database hangs is over: the callee hears nothing of it, and nothing is set aside",
  async (t) => {
    const at = await line(t);
    const { pair, caller, callee } = at;
    frozen(t);
    const sent = caller.invite(pair.port, { lines: PREPAID });
    await caller.response(sent, 100);
    caller.cancel(sent);
    caller.acknowledgeFailure(sent, await caller.response(sent, 487));
    await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
    purse.thaw();
    await refused(at);
    await settled(at);
    t.is(invitesAt(at), 1);
    t.deepEqual(callee.requests("CANCEL"), []);
    t.is(purse.calls.length, 1);
    t.is(purse.cents, CENTS);
  },
);

test.serial(
  "while the database hangs each call is refused after its own wait, and not after that of those before it",
  async (t) => {
    const at = await line(t);
    const { pair, caller, callee } = at;
    frozen(t);
    const sent = Array.from({ length: 8 }, () => caller.invite(pair.port, { lines: PREPAID }));
    const refusedAt: number[] = [];
    for (const invite of sent) {
      caller.acknowledgeFailure(invite, await caller.response(invite, 503));
      refusedAt.push(performance.now());
    }
    // Were each to wait for those before it, the last would hear it seven such times after the first.
    const [first = 0, last = Infinity] = [refusedAt[0], refusedAt.at(-1)];
    t.true(last - first < PATIENCE_MS, `${Math.round(last - first)} ms`);
    await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
    purse.thaw();
    await refused(at);
    await settled(at);
    t.is(callee.requests("CANCEL").length, 0);
    t.is(invitesAt(at), 1);
    t.is(purse.calls.length, 1);
  },
);

test.serial(
  "a call that has failed while the database is dead is not dialled again by the next process, which settles it",
  async (t) => {
    const at = await line(t);
    const { pair, caller, callee } = at;
    const sent = caller.invite(pair.port, { lines: PREPAID });
    const arrived = await callee.request("INVITE");
    await purse.die();
    callee.respond(arrived, 486);
    caller.acknowledgeFailure(sent, await caller.response(sent, 486));
    await until(async () => (await pair.phases())["ended"] === 1, LIMIT_MS);
    t.is(await pair.failOver(), 1);
    await purse.revive();
    await settled(at);
    t.is(invitesAt(at), 1);
    t.is(purse.cents, CENTS);
  },
);

test.serial(
  "while MariaDB waits for a peer that is gone calls go on, and new ones go out",
  async (t) => {
    const at = await line(t, {
      commitWaitMs: COMMIT_WAIT_MS,
      prepaidStepSeconds: LONG_STEP_SECONDS,
    });
    const { pair, caller, callee } = at;
    const sent = caller.invite(pair.port, { lines: PREPAID });
    const arrived = await callee.request("INVITE");
    callee.respond(arrived, 200, { body: sdpOf("callee") });
    const answer = await caller.response(sent, 200);
    purse.losePeer(COMMIT_WAIT_MS);
    t.teardown(() => purse.forgetPeer());
    caller.acknowledge(answer);
    const seen = callee.heard.length;
    const next = caller.invite(pair.port, { lines: PREPAID });
    const second = await callee.request("INVITE", seen);
    callee.respond(second, 486);
    caller.acknowledgeFailure(next, await caller.response(next, 486));
    await until(() => Promise.resolve(purse.steps.some(Boolean)), LIMIT_MS);
    t.true(purse.isWithoutPeer);
    t.deepEqual(caller.requests("BYE"), []);
    t.deepEqual(
      caller.answers(next).filter(({ status }) => status === 503),
      [],
    );
    const bye = caller.within(answer, "BYE");
    callee.respond(await callee.request("BYE"), 200);
    await caller.response(bye, 200);
    await settled(at);
  },
);

test.serial(
  "a call that is taken over after the end of what is paid goes on when the database is writable",
  async (t) => {
    const at = await line(t);
    const { pair, caller, callee } = at;
    const sent = caller.invite(pair.port, { lines: PREPAID });
    callee.respond(await callee.request("INVITE"), 200, { body: sdpOf("callee") });
    const answer = await caller.response(sent, 200);
    caller.acknowledge(answer);
    await until(async () => (await pair.phases())["confirmed"] === 1, LIMIT_MS);
    await pair.die();
    purse.forbidWriting();
    t.teardown(() => purse.allowWriting());
    const steps = purse.steps.length;
    const paidUntil = performance.now() + 1_000 * STEP_SECONDS * steps;
    await until(() => Promise.resolve(performance.now() > paidUntil), LIMIT_MS);
    const next = pair.startProcess(pair.redisPorts[1]);
    t.is(await next.ready(), 1);
    await until(() => Promise.resolve(/prepaid calls: .* read-only/.test(next.said)), LIMIT_MS);
    purse.allowWriting();
    await until(() => Promise.resolve(purse.steps.length > steps), LIMIT_MS);
    t.deepEqual(caller.requests("BYE"), []);
    const bye = caller.within(answer, "BYE");
    callee.respond(await callee.request("BYE"), 200);
    await caller.response(bye, 200);
    await settled(at);
  },
);
