import test from "ava";
import { SupersededError, Turns } from "../../../../ha/replication/turns.ts";

const never = new AbortController().signal;

/** Work that ends when it is told to stop, and only then. */
const untilStopped = (signal: AbortSignal): Promise<void> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

test("a new order ends the one under way before it begins", async (t) => {
  const turns = new Turns("MariaDB");
  const order: string[] = [];
  const first = turns.take(async (signal) => {
    order.push("open begins");
    await untilStopped(signal).finally(() => order.push("open ends"));
  }, never);
  await Promise.resolve();
  const second = turns.take(() => {
    order.push("close");
    return Promise.resolve();
  }, never);
  await t.throwsAsync(first, { instanceOf: SupersededError });
  await second;
  t.deepEqual(order, ["open begins", "open ends", "close"]);
});

test("an order that was replaced before it began never begins", async (t) => {
  const turns = new Turns("MariaDB");
  const first = turns.take(untilStopped, never);
  await Promise.resolve();
  const second = turns.take(() => Promise.resolve(t.fail("it began")), never);
  const third = turns.take(() => Promise.resolve(), never);
  await t.throwsAsync(first, { instanceOf: SupersededError });
  await t.throwsAsync(second, { instanceOf: SupersededError });
  await t.notThrowsAsync(third);
});

test("tending gives way without an error, and does nothing beside an order", async (t) => {
  const turns = new Turns("Redis");
  const tending = turns.takeIfFree(untilStopped, never);
  await Promise.resolve();
  const caller = new AbortController();
  const order = turns.take(untilStopped, caller.signal);
  await t.notThrowsAsync(tending);
  await t.notThrowsAsync(turns.takeIfFree(() => Promise.resolve(t.fail("it began")), never));
  caller.abort(new Error("its time is over"));
  await t.throwsAsync(order, { message: "its time is over" });
  await t.notThrowsAsync(turns.takeIfFree(() => Promise.resolve(), never));
});
