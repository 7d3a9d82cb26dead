import test from "ava";
import type { CommandAnswer, Status } from "../../../ha/control/contract.ts";
import { makeActive } from "../../../ops/commands/make-active.ts";
import { makeStandby } from "../../../ops/commands/make-standby.ts";
import { ACTIVE, runAgainst } from "./daemon-of-a-test.ts";

const done = (sentence: string): CommandAnswer => ({ outcome: "done", code: null, sentence });

test("ngcp-make-active waits for the daemon and says what happened", async (t) => {
  const result = await runAgainst(makeActive, [], {
    answers: { command: done("sp1 is active, sp2 is standby") },
  });
  t.is(result.end, "done");
  t.deepEqual(result.said, ["sp1 is active, sp2 is standby"]);
  t.deepEqual(result.asked, [
    { what: "POST /v1/make-active", body: { force: false, timeoutMs: 30_000 } },
  ]);
});

test("--force and --timeout reach the daemon", async (t) => {
  const result = await runAgainst(makeActive, ["--force", "--timeout", "2.5"], {
    answers: { command: done("done") },
  });
  t.deepEqual(result.asked[0]?.body, { force: true, timeoutMs: 2_500 });
});

test("a refusal names its code and its reason on standard error", async (t) => {
  const result = await runAgainst(makeStandby, [], {
    answers: {
      command: {
        outcome: "refused",
        code: "NGCP_PEER_NOT_ELIGIBLE",
        sentence: "sp2 is not in sync",
      },
    },
  });
  t.is(result.end, "refused");
  t.deepEqual(result.said, []);
  t.deepEqual(result.complained, ["NGCP_PEER_NOT_ELIGIBLE: sp2 is not in sync"]);
});

test("what was not done in time ends with a status of its own", async (t) => {
  const answer: CommandAnswer = {
    outcome: "timedOut",
    code: "NGCP_NOT_IN_TIME",
    sentence: "sp2 still prepares",
  };
  const result = await runAgainst(makeStandby, ["--json"], {
    answers: { command: answer },
  });
  t.is(result.end, "timedOut");
  t.deepEqual(
    result.said.map((line): unknown => JSON.parse(line)),
    [answer],
  );
  t.deepEqual(result.complained, []);
});

test("--hold holds, and --release ends a hold without moving the role", async (t) => {
  const answers = {
    command: done("sp1 is held as standby"),
    "POST /v1/release-hold": done("sp1 is not held any more"),
  };
  const held = await runAgainst(makeStandby, ["--hold"], { answers });
  t.deepEqual(held.asked[0]?.body, { force: false, hold: true, timeoutMs: 30_000 });
  const released = await runAgainst(makeStandby, ["--release"], { answers });
  t.deepEqual(
    released.asked.map(({ what }) => what),
    ["POST /v1/release-hold"],
  );
});

for (const args of [
  ["--hold", "--release"],
  ["--timeout", "0"],
  ["--timeout", "soon"],
  ["--timeout", ""],
  ["sp2"],
]) {
  test(`ngcp-make-standby ${args.join(" ")} is wrong usage and asks for nothing`, async (t) => {
    const result = await runAgainst(makeStandby, args, { answers: {} });
    t.is(result.end, "usage");
    t.deepEqual(result.asked, []);
    t.regex(result.complained.join("\n"), /^error: /);
  });
}

test("without a daemon it says so and does nothing", async (t) => {
  const result = await runAgainst(makeActive, [], {});
  t.is(result.end, "unreachable");
  t.regex(result.complained[0] ?? "", /^NGCP_DAEMON_NOT_RUNNING: .*control\.sock/);
  t.deepEqual(result.units, []);
});

test("on a terminal it shows how far the pair is, and takes that away at the end", async (t) => {
  const preparing: Status = {
    ...ACTIVE,
    peer: { ...ACTIVE.peer, role: "standby" },
    components: [{ name: "lb", unit: "ngcp-lb.service", state: "starting", detail: "" }],
  };
  const result = await runAgainst(makeStandby, [], {
    answers: { command: done("sp2 is active"), status: preparing },
    answerAfterMs: 700,
    terminal: true,
  });
  t.is(result.progress[0], "sp1 active, sp2 standby, lb is starting (0 ms)");
  t.is(result.progress.at(-1), "");
  t.deepEqual(result.said, ["sp2 is active"]);
});
