import { ApplianceError } from "../../appliance/errors.ts";
import type { Effect } from "../core/effect.ts";
import type { HaEvent } from "../core/event.ts";
import type { HaState } from "../core/state.ts";
import { step } from "../core/step.ts";
import { elapsed } from "../core/time.ts";
import type { RecordingEntry, RecordingHead } from "./recorder.ts";

export class RecordingUnreadableError extends ApplianceError {
  override readonly name = "RecordingUnreadableError";
  readonly code = "NGCP_RECORDING_UNREADABLE";

  constructor(line: number, problem: string, options?: ErrorOptions) {
    super(`line ${line} of the recording ${problem}`, options);
  }
}

const parseLine = (text: string, line: number): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null)
      return value as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new RecordingUnreadableError(line, "is no JSON", { cause });
  }
  throw new RecordingUnreadableError(line, "is no object");
};

interface Recording {
  readonly head: RecordingHead<HaState>;
  readonly entries: readonly RecordingEntry[];
}

const parse = (text: string): Recording => {
  const [first = "", ...rest] = text.split("\n").filter((line) => line !== "");
  const head = parseLine(first, 1);
  if (head["format"] !== "ngcp-ha-recording/1")
    throw new RecordingUnreadableError(1, "is not of the format ngcp-ha-recording/1");
  const entries = rest.map((line, index) => {
    const entry = parseLine(line, index + 2);
    if (typeof entry["event"] !== "object" || !Array.isArray(entry["effects"]))
      throw new RecordingUnreadableError(index + 2, "holds no event and its effects");
    return entry as unknown as RecordingEntry;
  });
  return { head: head as unknown as RecordingHead<HaState>, entries };
};

const words = (parts: readonly (string | number | boolean | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== "").join(" ");

/** The fields of an event or effect that a reader wants, in a few words. */
const summary = (value: Readonly<Record<string, unknown>>): string =>
  Object.entries(value)
    .filter(([key]) => key !== "kind" && key !== "at")
    .map(([key, field]) => `${key}=${typeof field === "string" ? field : JSON.stringify(field)}`)
    .join(" ");

const describeEvent = (event: HaEvent): string => {
  if (event.kind !== "heartbeatReceived") return words([event.kind, summary({ ...event })]);
  const { role, term, handover } = event.heartbeat;
  return words([
    "heard",
    role,
    "term",
    term,
    handover === "none" ? undefined : handover,
    "on",
    event.link,
  ]);
};

const describeEffect = (effect: Effect): string => {
  switch (effect.kind) {
    case "sendHeartbeat": {
      const { role, term, handover } = effect.heartbeat;
      return words(["say", role, "term", term, handover === "none" ? undefined : handover]);
    }
    case "runStep":
      return `${effect.step.kind} ${effect.id}`;
    case "roleChanged":
      return `${effect.from} -> ${effect.to}: ${effect.because}`;
    default:
      return words([effect.kind, summary({ ...effect })]);
  }
};

/** What the peer last said in so many words: the same again is not worth a line. */
const spokenBy = (event: HaEvent): string | undefined =>
  event.kind === "heartbeatReceived"
    ? words([event.heartbeat.role, event.heartbeat.term, event.heartbeat.handover])
    : undefined;

const isRoutine = (effect: Effect): boolean => effect.kind === "sendHeartbeat";

const isWorthALine = (entry: RecordingEntry, spokenBefore: string | undefined): boolean => {
  if (!entry.effects.every(isRoutine)) return true;
  if (entry.event.kind === "tick") return false;
  return entry.event.kind !== "heartbeatReceived" || spokenBy(entry.event) !== spokenBefore;
};

export interface Replay {
  /** The transcript: milliseconds since the first event, what happened, what the core asked for. */
  readonly lines: readonly string[];
  readonly events: number;
  /** Where this core asks for other things than the recorded one did; absent when it never does. */
  readonly difference: string | undefined;
}

const asText = (effects: readonly Effect[]): string => effects.map(describeEffect).join("; ");

/**
 * Runs the events of a recording through the core again.
 *
 * @param text a file that the flight recorder has written
 * @throws {RecordingUnreadableError} with the number of the line that cannot be read
 */
export const replay = (text: string): Replay => {
  const { head, entries } = parse(text);
  const lines: string[] = [];
  let state = head.state;
  let spoken: string | undefined;
  let difference: string | undefined;
  const startedAt = entries[0]?.event.at ?? state.now;
  for (const entry of entries) {
    const at = `${elapsed(startedAt, entry.event.at).toFixed(1).padStart(10)} ms`;
    const outcome = step(state, entry.event, head.settings);
    state = outcome.state;
    if (isWorthALine({ event: entry.event, effects: outcome.effects }, spoken))
      lines.push(`${at}  ${describeEvent(entry.event)} => ${asText(outcome.effects)}`);
    spoken = spokenBy(entry.event) ?? spoken;
    if (JSON.stringify(outcome.effects) !== JSON.stringify(entry.effects))
      difference ??= `${at}  ${describeEvent(entry.event)}: recorded ${asText(entry.effects)}; now ${asText(outcome.effects)}`;
  }
  return { lines, events: entries.length, difference };
};
