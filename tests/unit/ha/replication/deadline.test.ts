import test from "ava";
import { DeadlineError, withDeadline } from "../../../../ha/replication/deadline.ts";

const never = (): Promise<never> => new Promise(() => undefined);

test("work that ends in time is what counts, well or badly", async (t) => {
  t.is(await withDeadline(() => Promise.resolve(7), 1_000), 7);
  const failing = withDeadline(() => Promise.reject(new Error("refused")), 1_000);
  await t.throwsAsync(failing, { message: "refused" });
});

test("work that does not end is given up at its deadline", async (t) => {
  await t.throwsAsync(withDeadline(never, 20), {
    instanceOf: DeadlineError,
    message: "no answer within 20 ms",
  });
});

test("a signal ends the waiting with its own reason, and work is not begun after it", async (t) => {
  const caller = new AbortController();
  const waiting = withDeadline(never, 10_000, caller.signal);
  caller.abort(new Error("no longer wanted"));
  await t.throwsAsync(waiting, { message: "no longer wanted" });
  const late = withDeadline(() => Promise.resolve(t.fail("it began")), 1_000, caller.signal);
  await t.throwsAsync(late, { message: "no longer wanted" });
});
