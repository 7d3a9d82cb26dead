import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import test from "ava";
import type { LastRoleChange } from "../../../../ha/control/contract.ts";
import { statusOf } from "../../../../ha/control/status.ts";
import type { Role } from "../../../../ha/core/heartbeat.ts";
import { initialState } from "../../../../ha/core/state.ts";
import { instant } from "../../../../ha/core/time.ts";
import type { Before } from "../../../../ha/journal/chronicle.ts";
import { Chronicle } from "../../../../ha/journal/chronicle.ts";
import { Journal } from "../../../../ha/journal/journal.ts";
import { LastChangeFile, loadLastChange } from "../../../../ha/journal/last-change.ts";
import { SETTINGS } from "../settings-of-a-pair.ts";

const HOUR_MS = 3_600_000;
const TOOK_OVER = new Date("2026-11-22T07:00:00.000Z");
const NOW = new Date(TOOK_OVER.getTime() + HOUR_MS);

const TAKEOVER: LastRoleChange = {
  from: "promoting",
  to: "active",
  because: "the takeover is complete",
  term: 4,
  at: TOOK_OVER.toISOString(),
};

const NOTHING: Before = { change: null, role: undefined };

const chronicled = (before: Before) => {
  const saved: LastRoleChange[] = [];
  const chronicle = new Chronicle({
    journal: new Journal(),
    now: () => instant(0),
    wallClock: () => NOW,
    before,
    saveChange: (change) => saved.push(change),
    saveRecording: () => undefined,
  });
  const becomes = (from: Role, to: Role): void =>
    chronicle.roleChanged({ kind: "roleChanged", from, to, because: "of something", term: 4 });
  return { chronicle, saved, becomes };
};

test("a role that goes on after a restart has its old reason and its old time", (t) => {
  const { chronicle, becomes } = chronicled({ change: TAKEOVER, role: "active" });
  t.is(chronicle.keptRole(), null, "starting is a role of its own");
  t.deepEqual(chronicle.lastRoleChange(), TAKEOVER);
  becomes("starting", "active");
  t.deepEqual(chronicle.keptRole(), { because: TAKEOVER.because, forMs: HOUR_MS });
  t.deepEqual(chronicle.lastRoleChange(), TAKEOVER);
});

test("the status shows a kept role from its beginning, and any other by the clock of the daemon", (t) => {
  const state = initialState({
    at: instant(0),
    record: undefined,
    holdsAddresses: false,
    servicesRunning: false,
  });
  const facts = {
    devices: { crosslink: "eth1", lan: "eth0" },
    now: instant(1_500),
    peerReport: null,
  } as Parameters<typeof statusOf>[2];
  const { chronicle, becomes } = chronicled({ change: TAKEOVER, role: "active" });
  const shown = () => {
    const { because, roleForMs } = statusOf(state, SETTINGS, {
      ...facts,
      keptRole: chronicle.keptRole(),
    });
    return { because, roleForMs };
  };
  t.deepEqual(shown(), { because: "the daemon started", roleForMs: 1_500 });
  becomes("starting", "active");
  t.deepEqual(shown(), { because: TAKEOVER.because, roleForMs: HOUR_MS });
});

test("a role begins anew after a boot, after another one, and when it is left and taken again", (t) => {
  for (const before of [
    { change: TAKEOVER, role: undefined },
    { change: TAKEOVER, role: "standby" },
    { change: { ...TAKEOVER, to: "standby" }, role: "active" },
    NOTHING,
  ] as const) {
    const { chronicle, becomes } = chronicled(before);
    becomes("starting", "active");
    t.is(chronicle.keptRole(), null);
    t.is(chronicle.lastRoleChange()?.at, NOW.toISOString());
  }
  const { chronicle, becomes } = chronicled({ change: TAKEOVER, role: "active" });
  becomes("starting", "active");
  becomes("active", "demoting");
  becomes("demoting", "active");
  t.is(chronicle.keptRole(), null);
});

test("a clock that was put back makes no negative time", (t) => {
  const at = new Date(NOW.getTime() + HOUR_MS).toISOString();
  const { chronicle, becomes } = chronicled({ change: { ...TAKEOVER, at }, role: "active" });
  becomes("starting", "active");
  t.is(chronicle.keptRole()?.forMs, 0);
});

test("the last of several changes is saved, after the takeover and not during it", async (t) => {
  const { saved, becomes } = chronicled(NOTHING);
  becomes("standby", "promoting");
  becomes("promoting", "active");
  t.deepEqual(saved, []);
  await delay(1_300);
  t.deepEqual(
    saved.map(({ to }) => to),
    ["active"],
  );
});

test("a role that goes on is not saved again", async (t) => {
  const { saved, becomes } = chronicled({ change: TAKEOVER, role: "active" });
  becomes("starting", "active");
  await delay(1_300);
  t.deepEqual(saved, []);
});

test("what was saved last is read at the next start; half a file is none", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "last-change-"));
  try {
    const path = join(folder, "deep", "last-role-change.json");
    t.is(loadLastChange(path), null);
    const file = new LastChangeFile(path);
    await Promise.all([3, 4, 5].map((term) => file.save({ ...TAKEOVER, term })));
    t.deepEqual(loadLastChange(path), { ...TAKEOVER, term: 5 });
    await file.save({ ...TAKEOVER, term: 6 });
    t.is(loadLastChange(path)?.term, 6);
    for (const text of ["", "null", "{}", JSON.stringify({ ...TAKEOVER, at: "yesterday" })]) {
      await writeFile(path, text);
      t.is(loadLastChange(path), null, text);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a change that cannot be saved is an error, and the next one is tried again", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "last-change-"));
  try {
    await writeFile(join(folder, "file"), "");
    const path = join(folder, "file", "last-role-change.json");
    const file = new LastChangeFile(path);
    await t.throwsAsync(file.save(TAKEOVER));
    await rm(join(folder, "file"));
    await file.save(TAKEOVER);
    t.deepEqual(loadLastChange(path), TAKEOVER);
  } finally {
    await rm(folder, { recursive: true });
  }
});
