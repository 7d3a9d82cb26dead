import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { HaEvent } from "../../../../ha/core/event.ts";
import type { ReceivedHeartbeat } from "../../../../ha/core/heartbeat.ts";
import type { HaState } from "../../../../ha/core/state.ts";
import { initialState } from "../../../../ha/core/state.ts";
import { step } from "../../../../ha/core/step.ts";
import { instant, millis } from "../../../../ha/core/time.ts";
import { Recorder, writeRecording } from "../../../../ha/journal/recorder.ts";
import { RecordingUnreadableError, replay } from "../../../../ha/journal/replay.ts";
import { SETTINGS } from "../settings-of-a-pair.ts";

const settings = { ...SETTINGS, paired: true };

const BEAT: ReceivedHeartbeat = {
  node: "sp2",
  role: "active",
  term: 3,
  handover: "none",
  forced: false,
  eligible: true,
  willing: true,
  lastHeldTerm: 3,
  inSync: true,
  understands: true,
  pairServed: true,
  lanCarrier: true,
  pingNodesReached: 2,
  session: "peer",
  sequence: 1,
  echoSession: undefined,
  echoSequence: 0,
  deadMs: millis(250),
  sharedAddressesHash: SETTINGS.sharedAddressesHash,
  version: SETTINGS.version,
  configuration: undefined,
};

/** A standby hears an active peer for a while, then nothing any more, for `ticks` ticks. */
const recorded = (
  ticks: number,
): { readonly recorder: Recorder<HaState>; readonly role: string } => {
  let state = initialState({
    at: instant(0),
    record: undefined,
    holdsAddresses: false,
    servicesRunning: false,
  });
  const recorder = new Recorder<HaState>(settings, state);
  const feed = (event: HaEvent): void => {
    const { state: next, effects } = step(state, event, settings);
    recorder.add(state, { event, effects });
    state = next;
    for (const effect of effects) {
      if (effect.kind === "runStep")
        feed({ kind: "stepSucceeded", id: effect.id, at: instant(state.now + 1) });
    }
  };
  feed({ kind: "pingNodesProbed", reached: 2, total: 2, at: instant(1) });
  for (let at = 10; at < 1_000; at += 50)
    feed({
      kind: "heartbeatReceived",
      link: "crosslink",
      heartbeat: BEAT,
      unheardMs: millis(0),
      at: instant(at),
    });
  for (let count = 0; count < ticks; count += 1)
    feed({ kind: "tick", at: instant(Math.max(state.now, 1_000 + count * SETTINGS.tickMs)) });
  return { recorder, role: state.role };
};

const textOf = async (recorder: Recorder<HaState>): Promise<string> => {
  const parts: string[] = [];
  for await (const part of recorder.parts()) parts.push(part);
  return parts.join("");
};

test("a recorded takeover replays exactly", async (t) => {
  const { recorder, role } = recorded(50);
  t.is(role, "active");
  const { lines, events, difference } = replay(await textOf(recorder));
  t.is(difference, undefined);
  t.true(events > 70);
  t.true(lines.some((line) => line.includes("standby -> promoting: the peer fell silent")));
  t.true(lines.some((line) => line.includes("addSharedAddresses")));
});

test("what the peer says again and again is one line", async (t) => {
  const { lines } = replay(await textOf(recorded(50).recorder));
  t.is(lines.filter((line) => line.includes("heard active term 3")).length, 1);
});

test("a recorder that has run for long keeps the newest events, and they replay from its own state", async (t) => {
  const { recorder } = recorded(20_000);
  const text = await textOf(recorder);
  const { events, difference } = replay(text);
  t.is(difference, undefined);
  t.true(events < 10_000 && events > 2_000);
});

test("a replay says where it differs from what was recorded", async (t) => {
  const text = await textOf(recorded(50).recorder);
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.includes("addSharedAddresses"));
  lines[at] = JSON.stringify({ ...(JSON.parse(lines[at] ?? "") as object), effects: [] });
  const { difference } = replay(lines.join("\n"));
  t.regex(difference ?? "", /recorded ; now .*addSharedAddresses/);
});

test("a file that is no recording is refused with the number of its line", (t) => {
  t.throws(() => replay("{}\n"), { instanceOf: RecordingUnreadableError, message: /^line 1 / });
  t.throws(() => replay("nonsense\n"), { instanceOf: RecordingUnreadableError });
});

test("a line that was cut off in the middle is refused with its number", async (t) => {
  const text = await textOf(recorded(10).recorder);
  t.throws(() => replay(text.slice(0, -5)), {
    message: /^line \d{2,} of the recording is no JSON/,
  });
});

test("recordings are files whose oldest make room for the newest", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "recordings-"));
  const { recorder } = recorded(10);
  try {
    for (let day = 10; day < 35; day += 1)
      await writeRecording(folder, `2026-${String(day)}`, recorder.parts());
    const names = (await readdir(folder)).sort();
    t.is(names.length, 20);
    t.is(names[0], "2026-15.jsonl");
    const text = await readFile(join(folder, names[0] ?? ""), "utf8");
    t.is(replay(text).difference, undefined);
  } finally {
    await rm(folder, { recursive: true });
  }
});
