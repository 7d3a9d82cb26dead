import { mkdir, readdir, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Effect } from "../core/effect.ts";
import type { HaEvent } from "../core/event.ts";
import type { HaSettings } from "../core/settings.ts";

/** Events of one segment: about half a minute of a pair at rest. Two segments are kept. */
const SEGMENT_EVENTS = 4_000;
const FILES_KEPT = 20;
const PART_LINES = 200;

interface Segment<State> {
  /** The state before the first event of the segment. */
  readonly state: State;
  readonly entries: RecordingEntry[];
}

/** The first line of a recording. */
export interface RecordingHead<State> {
  readonly format: "ngcp-ha-recording/1";
  readonly settings: HaSettings;
  readonly state: State;
}

/** Every other line: what happened, and what the core asked for. */
export interface RecordingEntry {
  readonly event: HaEvent;
  readonly effects: readonly Effect[];
}

/**
 * The flight recorder: the newest events in memory, with the state that they begin from, so that the same
 * core makes the same of them at a desk. States are values that never change, so keeping one costs nothing.
 */
export class Recorder<State> {
  readonly #settings: HaSettings;
  #older: Segment<State> | undefined;
  #newer: Segment<State>;

  constructor(settings: HaSettings, initial: State) {
    this.#settings = settings;
    this.#newer = { state: initial, entries: [] };
  }

  add(before: State, entry: RecordingEntry): void {
    if (this.#newer.entries.length >= SEGMENT_EVENTS) {
      this.#older = this.#newer;
      this.#newer = { state: before, entries: [] };
    }
    this.#newer.entries.push(entry);
  }

  /**
   * The recording as text, a part at a time: a line for settings and state, then a line for each event, all
   * JSON. Between two parts the event loop turns, because thousands of events take some 20 ms to write down.
   */
  async *parts(): AsyncGenerator<string, void, undefined> {
    const first = this.#older ?? this.#newer;
    const entries = [...(this.#older?.entries ?? []), ...this.#newer.entries];
    const head: RecordingHead<State> = {
      format: "ngcp-ha-recording/1",
      settings: this.#settings,
      state: first.state,
    };
    yield asLines([head]);
    for (let from = 0; from < entries.length; from += PART_LINES) {
      await nextTurn();
      yield asLines(entries.slice(from, from + PART_LINES));
    }
  }
}

const asLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");

/** Removes the oldest recordings; their names begin with their time. */
const removeOld = async (directory: string): Promise<void> => {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".jsonl")).sort();
  await Promise.all(
    names
      .slice(0, Math.max(0, names.length - FILES_KEPT))
      .map((name) => unlink(join(directory, name))),
  );
};

/**
 * Writes a recording to `directory` and returns its path.
 *
 * @param name without folder and ending, e.g. `2026-11-22T07.00.00Z-active`
 */
export const writeRecording = async (
  directory: string,
  name: string,
  parts: AsyncIterable<string>,
): Promise<string> => {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const path = join(directory, `${name}.jsonl`);
  await writeFile(`${path}.new`, parts, { mode: 0o640 });
  await rename(`${path}.new`, path);
  await removeOld(directory);
  return path;
};
