import test from "ava";
import { CommandFailedError, followLines, run } from "../../../appliance/system/command.ts";

const failureOf = async (work: Promise<unknown>): Promise<CommandFailedError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof CommandFailedError) return error;
    throw error;
  }
  throw new Error("nothing failed");
};

const signalThatNeverFires = (): AbortSignal => new AbortController().signal;

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

test("the lines of a long-lived program arrive one by one, until the signal ends it", async (t) => {
  const controller = new AbortController();
  const seen: string[] = [];
  const script = "echo $$; while :; do echo more; sleep 0.01; done";
  await followLines("sh", ["-c", script], controller.signal, (line) => {
    seen.push(line);
    if (seen.length === 3) controller.abort();
  });
  t.deepEqual(seen.slice(1), ["more", "more"]);
  t.throws(() => process.kill(Number(seen[0]), 0), { code: "ESRCH" });
});

test("a line that comes in pieces is one line", async (t) => {
  const seen: string[] = [];
  const script = "printf 'on'; sleep 0.1; printf 'e\\ntw'; sleep 0.1; printf 'o\\nrest'";
  await followLines("sh", ["-c", script], signalThatNeverFires(), (line) => seen.push(line));
  t.deepEqual(seen, ["one", "two"]);
});

test("a long-lived program that ends by itself with an error is told", async (t) => {
  const work = followLines("sh", ["-c", "echo oops >&2; exit 2"], signalThatNeverFires(), t.fail);
  const error = await failureOf(work);
  t.is(error.message, "sh ended with status 2: oops");
});
