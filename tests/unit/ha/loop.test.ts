import test from "ava";
import type { Effect } from "../../../ha/core/effect.ts";
import type { HaEvent } from "../../../ha/core/event.ts";
import type { Heartbeat, Role } from "../../../ha/core/heartbeat.ts";
import type { HaSettings } from "../../../ha/core/settings.ts";
import { after, instant, millis } from "../../../ha/core/time.ts";
import { Loop } from "../../../ha/loop.ts";
import type { LoopParts } from "../../../ha/loop.ts";
import { SETTINGS } from "./settings-of-a-pair.ts";

const heartbeat = (role: Role): Effect => ({
  kind: "sendHeartbeat",
  heartbeat: { role } as Heartbeat,
});

interface Seen {
  readonly loop: Loop<number>;
  readonly events: HaEvent[];
  readonly performed: Effect[];
  readonly lateMs: readonly number[];
  readonly clock: { ms: number };
  readonly drain: { finish: () => void };
}

/** A loop around a core that counts its events and answers as `answer` says. */
const looped = (
  answer: (event: HaEvent) => readonly Effect[],
  perform?: (effect: Effect, loop: () => Loop<number>) => void,
  { earlyMs = 0 } = {},
): Seen => {
  const clock = { ms: 1_000 };
  const drain = { finish: (): void => undefined };
  const events: HaEvent[] = [];
  const performed: Effect[] = [];
  const lateMs: number[] = [];
  const parts: LoopParts<number> = {
    step: (state, event, settings: HaSettings) => {
      events.push(event);
      return { state: settings === SETTINGS ? state + 1 : Number.NaN, effects: answer(event) };
    },
    nextTick: (_state, { tickMs }, lastTickAt) => {
      const due = after(lastTickAt, tickMs);
      return { from: instant(due - earlyMs), due };
    },
    initial: 0,
    settings: SETTINGS,
    now: () => instant(clock.ms),
    perform: (effect) => {
      performed.push(effect);
      perform?.(effect, () => loop);
    },
    drainLinks: () =>
      new Promise((resolve) => {
        drain.finish = resolve;
      }),
    completed: () => undefined,
    ticked: (_at, late) => lateMs.push(late),
  };
  const loop = new Loop(parts);
  return { loop, events, performed, lateMs, clock, drain };
};

test("an event gets its time and is worked off before post returns", (t) => {
  const { loop, events, clock } = looped(() => []);
  clock.ms = 1_007;
  loop.post({ kind: "shutdownRequested" });
  t.deepEqual(events, [{ kind: "shutdownRequested", at: instant(1_007) }]);
  t.is(loop.snapshot(), 1);
});

test("what an effect brings about at once is worked off after it, in order", (t) => {
  const { loop, events } = looped(
    (event) => (event.kind === "tick" ? [{ kind: "exit" }, { kind: "exit" }] : []),
    (_effect, current) => current().post({ kind: "fitnessReported", reasons: [] }),
  );
  loop.post({ kind: "tick" });
  t.deepEqual(
    events.map(({ kind }) => kind),
    ["tick", "fitnessReported", "fitnessReported"],
  );
});

test("a full queue is an event of its own, once, and nothing more is kept than fits", (t) => {
  const { loop, events } = looped(
    (event) => (event.kind === "shutdownRequested" ? [{ kind: "exit" }] : []),
    (_effect, current) => {
      for (let count = 0; count < 300; count += 1)
        current().post({ kind: "fitnessReported", reasons: [String(count)] });
    },
  );
  loop.post({ kind: "shutdownRequested" });
  t.is(events.filter(({ kind }) => kind === "fitnessReported").length, 256);
  t.is(events.filter(({ kind }) => kind === "queueOverrun").length, 1);
});

test("ticks that wait are one tick", (t) => {
  const { loop, events } = looped(
    (event) => (event.kind === "shutdownRequested" ? [{ kind: "exit" }] : []),
    (_effect, current) => {
      current().post({ kind: "tick" });
      current().post({ kind: "tick" });
    },
  );
  loop.post({ kind: "shutdownRequested" });
  t.deepEqual(
    events.map(({ kind }) => kind),
    ["shutdownRequested", "tick"],
  );
});

test("after a gap the tick goes before the datagram that ended it", (t) => {
  const { loop, events, clock } = looped(() => []);
  clock.ms += 2_000;
  loop.post({ kind: "carrierChanged", link: "lan", up: true });
  t.deepEqual(
    events.map(({ kind, at }) => `${kind} ${at}`),
    ["tick 3000", "carrierChanged 3000"],
  );
});

test("after a gap no heartbeat leaves before the sockets are read, and then only the newest", async (t) => {
  const { loop, performed, clock, drain } = looped((event) =>
    event.kind === "tick" ? [heartbeat("active")] : [heartbeat("demoting")],
  );
  clock.ms += 2_000;
  loop.post({ kind: "tick" });
  t.deepEqual(performed, []);
  loop.post({ kind: "queueOverrun" });
  t.deepEqual(performed, []);

  drain.finish();
  await Promise.resolve();
  t.deepEqual(performed, [heartbeat("demoting")]);

  clock.ms += SETTINGS.tickMs;
  loop.post({ kind: "tick" });
  t.deepEqual(performed, [heartbeat("demoting"), heartbeat("active")]);
});

test("after a gap a release is begun before whatever the late tick has asked for", async (t) => {
  const release: Effect = {
    kind: "runStep",
    id: "2:0",
    lane: "address",
    step: { kind: "removeSharedAddresses" },
    timeoutMs: millis(1_000),
  };
  const raised: Effect = { kind: "alarmRaised", alarm: "peerSilent", sentence: "not heard" };
  const cleared: Effect = { kind: "alarmCleared", alarm: "peerSilent" };
  const probe: Effect = { kind: "probePeerService" };
  const { loop, performed, clock, drain } = looped((event) =>
    event.kind === "tick" ? [raised, probe] : [heartbeat("demoting"), cleared, probe, release],
  );
  clock.ms += 2_000;
  loop.post({ kind: "tick" });
  loop.post({ kind: "queueOverrun" });
  t.deepEqual(performed, [release]);
  drain.finish();
  await Promise.resolve();
  t.deepEqual(performed, [release, raised, heartbeat("demoting"), cleared, probe]);
});

test("after a gap what is done again and again waits until the sockets are read, and is done once", async (t) => {
  const { loop, clock, lateMs, drain } = looped(() => []);
  clock.ms += 2_000;
  loop.post({ kind: "tick" });
  clock.ms += SETTINGS.tickMs;
  loop.post({ kind: "tick" });
  t.deepEqual(lateMs, []);

  drain.finish();
  await Promise.resolve();
  t.deepEqual(lateMs, [2_000 - SETTINGS.tickMs]);
});

test("a tick in time sends at once", (t) => {
  const { loop, performed, clock } = looped(() => [heartbeat("active")]);
  clock.ms += SETTINGS.tickMs;
  loop.post({ kind: "tick" });
  t.deepEqual(performed, [heartbeat("active")]);
});

test("a tick that may come early comes in the turn of what arrives, once, and is not late", (t) => {
  const { loop, events, clock, lateMs } = looped(
    (event) => (event.kind === "tick" ? [{ kind: "exit" }] : []),
    (_effect, current) => current().post({ kind: "fitnessReported", reasons: [] }),
    { earlyMs: 10 },
  );
  loop.start();
  clock.ms += SETTINGS.tickMs - 11;
  loop.post({ kind: "queueOverrun" });
  clock.ms += 1;
  loop.post({ kind: "queueOverrun" });
  loop.stop();
  t.deepEqual(
    events.map(({ kind }) => kind),
    ["queueOverrun", "queueOverrun", "tick", "fitnessReported"],
  );
  t.deepEqual(lateMs, [0]);
});

test("it is told after each tick how late that was", (t) => {
  const { loop, clock, lateMs } = looped(() => []);
  clock.ms += SETTINGS.tickMs;
  loop.post({ kind: "tick" });
  clock.ms += SETTINGS.tickMs + 7;
  loop.post({ kind: "tick" });
  t.deepEqual(lateMs, [0, 7]);
});

test("it ticks by itself until it is stopped", async (t) => {
  const { loop, events } = looped(() => []);
  loop.start();
  while (events.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  loop.stop();
  const count = events.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.is(events.length, count);
});
