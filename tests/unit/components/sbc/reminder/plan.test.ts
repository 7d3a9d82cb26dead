import test from "ava";
import fc from "fast-check";
import { lastDue, settled, stepFor } from "../../../../../components/sbc/apps/reminder/plan.ts";
import type { Call, Ending, Reminder } from "../../../../../components/sbc/apps/reminder/plan.ts";
import { weekdayOf, zoneNamed } from "../../../../../components/sbc/apps/reminder/zone.ts";

const VIENNA = zoneNamed("Europe/Vienna");
const LIMITS = { lateSeconds: 600, attempts: 2, retrySeconds: 60 };
const MINUTES_A_DAY = 1_440;

const at = (text: string): number => Date.parse(text) / 1000;
const shown = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : new Date(seconds * 1000).toISOString().slice(0, 16);

const half7 = 450;
const once: Reminder = { minutes: half7, recur: "never", setAt: at("2026-03-27T12:00:00Z") };

test("the clocks of the zone count, also on the days on which they change", (t) => {
  const daily: Reminder = { ...once, recur: "always" };
  t.is(shown(lastDue(daily, at("2026-03-28T12:00:00Z"), VIENNA)), "2026-03-28T06:30");
  t.is(shown(lastDue(daily, at("2026-03-29T12:00:00Z"), VIENNA)), "2026-03-29T05:30");
  const half3: Reminder = { minutes: 150, recur: "always", setAt: 0 };
  // 02:30 is not there in March and comes twice in October.
  t.is(shown(lastDue(half3, at("2026-03-29T12:00:00Z"), VIENNA)), "2026-03-29T01:30");
  t.is(shown(lastDue(half3, at("2026-10-25T12:00:00Z"), VIENNA)), "2026-10-25T00:30");
});

test("what was due before it was set is none of its own, and once is once", (t) => {
  t.is(lastDue(once, at("2026-03-28T06:29:00Z"), VIENNA), undefined);
  t.is(shown(lastDue(once, at("2026-03-28T06:30:00Z"), VIENNA)), "2026-03-28T06:30");
  t.is(shown(lastDue(once, at("2026-06-28T06:30:00Z"), VIENNA)), "2026-03-28T06:30");
});

test("on Sunday the one of Friday was the last of those from Monday to Friday", (t) => {
  const workdays: Reminder = { minutes: half7, recur: "weekdays", setAt: 0 };
  t.is(shown(lastDue(workdays, at("2026-11-29T12:00:00Z"), VIENNA)), "2026-11-27T06:30");
});

const zones = fc.constantFrom("UTC", "Europe/Vienna", "America/St_Johns", "Pacific/Apia");
const reminders = fc.record({
  minutes: fc.integer({ min: 0, max: MINUTES_A_DAY - 1 }),
  recur: fc.constantFrom("never" as const, "weekdays" as const, "always" as const),
  setAt: fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2027-12-31T00:00:00Z") }),
});
const WEEK_SECONDS = 7 * 86_400;

test("when it was due lies between its setting and now, and stays the same until it is due again", (t) => {
  fc.assert(
    fc.property(
      ...[zones, reminders, fc.integer({ min: 0, max: WEEK_SECONDS })],
      (name, reminder, after) => {
        const zone = zoneNamed(name);
        const now = reminder.setAt + after;
        const due = lastDue(reminder, now, zone);
        if (due === undefined) return;
        if (due <= reminder.setAt || due > now) throw new Error("out of bounds");
        if (lastDue(reminder, due, zone) !== due) throw new Error("not due at its time");
        const weekday = weekdayOf(zone.dayOf(due * 1000));
        if (reminder.recur === "weekdays" && [0, 6].includes(weekday)) throw new Error("weekend");
        if (reminder.recur === "never" && due - reminder.setAt > 2 * 86_400)
          throw new Error("not the next");
      },
    ),
  );
  t.pass();
});

interface World {
  call: Call | undefined;
  rings: number;
}

/** What happens one after another: time passes, a call ends, or the process dies and another one begins. */
const events = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 900 }) }),
    fc.record({
      kind: fc.constant("end" as const),
      ending: fc.constantFrom<Ending>("answered", "refused", "lost"),
    }),
    fc.record({ kind: fc.constant("crash" as const) }),
  ),
  { maxLength: 30 },
);

test("whatever fails, one that was due rings no more often than allowed, and never after its end", (t) => {
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 4 }), (steps, attempts) => {
      const limits = { ...LIMITS, attempts };
      const world: World = { call: undefined, rings: 0 };
      let now = at("2026-03-28T06:30:00Z");
      let life = 0;
      const look = (): void => {
        const step = stepFor(once, world.call, { now, zone: VIENNA, limits, owner: `${life}` });
        if (step.kind === "nothing") return;
        if (["answered", "unanswered", "missed"].includes(world.call?.state ?? ""))
          throw new Error(`after its end: ${step.kind}`);
        const owner = `${life}`;
        if (step.kind === "ring") {
          world.rings += 1;
          if (now - step.dueAt > limits.lateSeconds) throw new Error("too late");
          const { dueAt, attempt } = step;
          world.call = { dueAt, state: "ringing", attempts: attempt, nextAt: 0, owner };
        } else world.call = { ...step, nextAt: 0, owner };
      };
      for (const event of steps) {
        look();
        if (event.kind === "wait") now += event.seconds;
        if (event.kind === "crash") life += 1;
        const { call } = world;
        if (event.kind === "end" && call?.state === "ringing" && call.owner === `${life}`)
          world.call = { ...call, ...settled(event.ending, call.attempts, { now, limits }) };
      }
      if (world.rings > attempts) throw new Error(`rang ${world.rings} times`);
    }),
  );
  t.pass();
});

test("one that was due while no node served rings when it is not too late, and is missed otherwise", (t) => {
  const view = { zone: VIENNA, limits: LIMITS, owner: "one" };
  const due = at("2026-03-28T06:30:00Z");
  t.deepEqual(stepFor(once, undefined, { ...view, now: due + 600 }), {
    kind: "ring",
    dueAt: due,
    attempt: 1,
  });
  t.deepEqual(stepFor(once, undefined, { ...view, now: due + 601 }), {
    kind: "close",
    dueAt: due,
    attempts: 0,
    state: "missed",
  });
});

test("a call whose process has died is made once more, and no more", (t) => {
  const view = { now: at("2026-03-28T06:31:00Z"), zone: VIENNA, limits: LIMITS, owner: "two" };
  const call: Call = {
    dueAt: at("2026-03-28T06:30:00Z"),
    state: "ringing",
    attempts: 1,
    nextAt: 0,
    owner: "one",
  };
  t.is(stepFor(once, { ...call, owner: "two" }, view).kind, "nothing");
  t.is(stepFor(once, call, view).kind, "ring");
  t.is(stepFor(once, { ...call, attempts: 2 }, view).kind, "close");
});
