import test from "ava";
import fc from "fast-check";
import { TimerQueue } from "../../../../../components/sbc/sip/timer-queue.ts";

test("deadlines come out in their order, each key once, the moved and the removed ones rightly", (t) => {
  const operations = fc.array(
    fc.record({
      key: fc.integer({ min: 0, max: 20 }).map(String),
      at: fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.constant(Infinity)),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(operations, fc.integer({ min: 0, max: 1_000 }), (sets, nowMs) => {
      const queue = new TimerQueue();
      const model = new Map<string, number>();
      for (const { key, at } of sets) {
        queue.set(key, at);
        if (at === Infinity) model.delete(key);
        else model.set(key, at);
        t.is(queue.nextAt, Math.min(...model.values()));
        t.is(queue.size, model.size);
      }
      const taken: number[] = [];
      for (let key = queue.takeDue(nowMs); key !== undefined; key = queue.takeDue(nowMs)) {
        taken.push(model.get(key) ?? Number.NaN);
        model.delete(key);
      }
      t.deepEqual(
        taken,
        taken.toSorted((a, b) => a - b),
      );
      t.true(taken.every((at) => at <= nowMs));
      t.true([...model.values()].every((at) => at > nowMs));
    }),
  );
});
