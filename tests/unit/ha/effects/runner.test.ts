import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import test from "ava";
import type { Effect, Lane, PlanStep } from "../../../../ha/core/effect.ts";
import type { StepId } from "../../../../ha/core/event.ts";
import { millis } from "../../../../ha/core/time.ts";
import type { StepHandlers, StepSettled } from "../../../../ha/effects/runner.ts";
import { createRunner } from "../../../../ha/effects/runner.ts";

type RunStep = Extract<Effect, { kind: "runStep" }>;

const asked = (id: StepId, step: PlanStep, lane: Lane, timeoutMs = 5_000): RunStep => ({
  kind: "runStep",
  id,
  lane,
  step,
  timeoutMs: millis(timeoutMs),
});

const ADD: PlanStep = { kind: "addSharedAddresses" };
const REMOVE: PlanStep = { kind: "removeSharedAddresses" };
const OPEN: PlanStep = { kind: "openServices" };
const CLOSE: PlanStep = { kind: "closeServices" };

interface Begun {
  readonly kind: PlanStep["kind"];
  readonly signal: AbortSignal;
  succeed: () => void;
  fail: (error: Error) => void;
}

/** Handlers that end when the test says so, and that ignore their signal. */
const handled = (): {
  readonly begun: Begun[];
  readonly posted: StepSettled[];
  readonly run: (step: RunStep) => void;
  readonly mayStillAdd: () => boolean;
} => {
  const begun: Begun[] = [];
  const posted: StepSettled[] = [];
  const handler = (step: PlanStep, signal: AbortSignal): Promise<void> =>
    new Promise((succeed, fail) => {
      begun.push({ kind: step.kind, signal, succeed, fail });
    });
  const handlers: StepHandlers = {
    recordClaim: handler,
    fencePeer: handler,
    addSharedAddresses: handler,
    removeSharedAddresses: handler,
    prepareServices: handler,
    openServices: handler,
    closeServices: handler,
  };
  const runner = createRunner(handlers, (settled) => posted.push(settled));
  return { begun, posted, run: (step) => runner.run(step), mayStillAdd: runner.mayStillAdd };
};

const kinds = (begun: readonly Begun[]): readonly string[] => begun.map(({ kind }) => kind);

test("a step that ends well and one that throws are both news", async (t) => {
  const { begun, posted, run } = handled();
  run(asked("1:0", ADD, "address"));
  run(asked("1:1", OPEN, "services"));
  begun[0]?.succeed();
  begun[1]?.fail(new Error("no database", { cause: new Error("refused") }));
  await nextTurn();
  t.deepEqual(posted, [
    { kind: "stepSucceeded", id: "1:0" },
    { kind: "stepFailed", id: "1:1", reason: "no database: refused" },
  ]);
});

// Found by the simulator (seed 14900): a node that fenced itself got the address after all.
test("an address that was asked for may be added until the kernel has answered, timeout or not", async (t) => {
  const { begun, run, mayStillAdd } = handled();
  t.false(mayStillAdd());
  run({ ...asked("1:0", ADD, "address"), timeoutMs: millis(1) });
  await new Promise((resolve) => begun[0]?.signal.addEventListener("abort", resolve));
  await nextTurn();
  t.true(mayStillAdd());
  begun[0]?.succeed();
  await nextTurn();
  t.false(mayStillAdd());
});

test("one step is in flight in a lane, and the lanes do not wait for each other", async (t) => {
  const { begun, run } = handled();
  run(asked("1:0", CLOSE, "services"));
  run(asked("2:0", ADD, "address"));
  run(asked("2:1", OPEN, "services"));
  t.deepEqual(kinds(begun), ["closeServices", "addSharedAddresses"]);

  begun[0]?.succeed();
  await nextTurn();
  t.deepEqual(kinds(begun), ["closeServices", "addSharedAddresses", "openServices"]);
});

test("of two steps that wait the newer one runs, and the older one is told as failed", async (t) => {
  const { begun, posted, run } = handled();
  run(asked("1:0", ADD, "address"));
  run(asked("2:0", REMOVE, "address"));
  run(asked("3:0", ADD, "address"));
  t.is(posted.length, 1);
  t.like(posted[0], { kind: "stepFailed", id: "2:0" });
  begun[0]?.succeed();
  await nextTurn();
  t.deepEqual(kinds(begun), ["addSharedAddresses", "addSharedAddresses"]);
});

test("a handler that ignores its signal is told as failed at its timeout, and only once", async (t) => {
  const { begun, posted, run } = handled();
  run(asked("1:0", ADD, "address", 30));
  await delay(60);
  t.true(begun[0]?.signal.aborted);
  t.like(posted, [{ kind: "stepFailed", id: "1:0" }]);

  begun[0]?.succeed();
  await nextTurn();
  t.is(posted.length, 1);
});

test("an address that is still being added is not removed before the addition has ended", async (t) => {
  const { begun, run } = handled();
  run(asked("1:0", ADD, "address", 30));
  await delay(60);
  run(asked("2:0", REMOVE, "address", 1_000));
  await delay(600);
  t.deepEqual(kinds(begun), ["addSharedAddresses"]);

  begun[0]?.succeed();
  await nextTurn();
  t.deepEqual(kinds(begun), ["addSharedAddresses", "removeSharedAddresses"]);
});

test("services that hang do not keep the node from closing them", async (t) => {
  const { begun, posted, run } = handled();
  run(asked("1:0", OPEN, "services", 30));
  await delay(60);
  run(asked("2:0", CLOSE, "services"));
  t.deepEqual(kinds(begun), ["openServices"]);
  await delay(600);
  t.deepEqual(kinds(begun), ["openServices", "closeServices"]);

  begun[0]?.succeed();
  begun[1]?.succeed();
  await nextTurn();
  t.deepEqual(
    posted.map(({ kind, id }) => `${kind} ${id}`),
    ["stepFailed 1:0", "stepSucceeded 2:0"],
  );
});
