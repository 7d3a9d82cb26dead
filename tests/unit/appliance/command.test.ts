import test from "ava";
import { CommandFailedError, run } from "../../../appliance/system/command.ts";

const failureOf = async (work: Promise<unknown>): Promise<CommandFailedError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof CommandFailedError) return error;
    throw error;
  }
  throw new Error("nothing failed");
};

test("output comes back without the last newline, in the C locale", async (t) => {
  const result = await run("sh", ["-c", 'echo "$LC_ALL $1"', "sh", "a b;c"], { timeoutMs: 5_000 });
  t.deepEqual(result, { status: 0, stdout: "C a b;c", stderr: "" });
});

test("a failed command tells its status and its last words, and none of its arguments", async (t) => {
  const error = await failureOf(
    run("sh", ["-c", "seq 1 9 >&2; exit 3", "sh", "geheim"], { timeoutMs: 5_000 }),
  );
  t.deepEqual(error.failure, { kind: "exited", status: 3 });
  t.is(error.message, "sh ended with status 3: 5\n6\n7\n8\n9");
  t.is(error.code, "NGCP_COMMAND_FAILED");
});

test("an accepted status is an answer", async (t) => {
  const result = await run("sh", ["-c", "echo inactive; exit 3"], {
    timeoutMs: 5_000,
    accept: [3],
  });
  t.deepEqual(result, { status: 3, stdout: "inactive", stderr: "" });
});

test("a command that takes too long is ended", async (t) => {
  const error = await failureOf(run("sleep", ["60"], { timeoutMs: 50 }));
  t.deepEqual(error.failure, { kind: "timedOut", timeoutMs: 50 });
});

test("a cancelled command is ended", async (t) => {
  const controller = new AbortController();
  const work = failureOf(run("sleep", ["60"], { timeoutMs: 60_000, signal: controller.signal }));
  controller.abort();
  t.deepEqual((await work).failure, { kind: "cancelled" });
});

test("a command that is not there says so", async (t) => {
  const error = await failureOf(run("ngcp-no-such-program", [], { timeoutMs: 5_000 }));
  t.is(error.failure.kind, "notStarted");
  t.regex(error.message, /^ngcp-no-such-program could not be started: .*ENOENT/);
});

test("input is given on the standard input", async (t) => {
  const result = await run("cat", [], { timeoutMs: 5_000, input: "one\ntwo\n" });
  t.is(result.stdout, "one\ntwo");
});
