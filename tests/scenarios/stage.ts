import type { Effect, Lane } from "../../ha/core/effect.ts";
import type { HaEvent, StepId } from "../../ha/core/event.ts";
import type { LinkName, ReceivedHeartbeat } from "../../ha/core/heartbeat.ts";
import { LINKS } from "../../ha/core/heartbeat.ts";
import type { HaSettings } from "../../ha/core/settings.ts";
import type { Birth, HaState } from "../../ha/core/state.ts";
import { initialState } from "../../ha/core/state.ts";
import { step } from "../../ha/core/step.ts";
import { instant } from "../../ha/core/time.ts";
import { describeEffect, describeEvent, describeHeartbeat } from "./words.ts";

type Untimed<Event> = Event extends unknown ? Omit<Event, "at"> : never;

/** An event before it has its time. */
export type Happening = Untimed<HaEvent>;

/** What the peer goes on saying until it says something else. */
export interface PeerVoice {
  readonly say: (sequence: number) => Happening;
  readonly links: readonly LinkName[];
  readonly sinceMs: number;
}

const TIME_WIDTH = 7;
const EVENT_WIDTH = 36;
const REPEATED: readonly string[] = [
  "probePeerService",
  "probeNeighbour",
  "announceSharedAddresses",
];
const REPEATED_MS = 1_010;

const isStep = (effect: Effect): effect is Extract<Effect, { kind: "runStep" }> =>
  effect.kind === "runStep";

/**
 * One node and a scripted world around it. Ticks and the peer's heartbeats come by themselves and show
 * in the transcript only where they bring about more than the heartbeat that was said before.
 */
export class Stage {
  readonly settings: HaSettings;
  readonly lines: string[] = [];
  state: HaState;
  voice: PeerVoice | undefined;
  /** Whether the disk takes what is saved; it does so at once. */
  saves = true;
  /** During the prelude: steps succeed at once, and nothing is written down. */
  silent = false;
  readonly #running: Record<Lane, { id: StepId; kind: string } | undefined> = {
    address: undefined,
    services: undefined,
  };
  #nowMs: number;
  /** Ticks and heartbeats up to here have been. */
  #passedMs: number;
  readonly #doneAt = new Map<string, number>();
  #sequence = 0;
  #said = "";

  constructor(settings: HaSettings, birth: Birth) {
    this.settings = settings;
    this.state = initialState(birth);
    this.#nowMs = birth.at;
    this.#passedMs = birth.at;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** The peer's next heartbeat number. */
  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Lets time pass, with ticks and the peer's heartbeats, up to but without `untilMs`. */
  pass(untilMs: number): void {
    for (let ms = this.#passedMs + 1; ms < untilMs; ms += 1) {
      this.#nowMs = ms;
      this.#passedMs = ms;
      if (this.#isPeerDue(ms)) this.hear(undefined);
      if (ms % this.settings.tickMs === 0) this.#feed({ kind: "tick" }, undefined);
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Nothing runs on this node until then; the late tick is the first to be seen. */
  sleep(untilMs: number): void {
    this.#nowMs = untilMs;
    this.#passedMs = untilMs;
    this.#feed({ kind: "tick" }, "tick, late");
  }

  happen(happening: Happening, words: string): void {
    this.#feed(happening, words);
  }

  note(words: string): void {
    if (!this.silent) this.lines.push(this.#line(words, undefined));
  }

  /** @returns the step of this kind that is in flight */
  running(kind: string): StepId | undefined {
    const found = Object.values(this.#running).find((running) => running?.kind === kind);
    return found?.id;
  }

  /** One heartbeat of the peer, on every link it speaks on; `words` when the script says so. */
  hear(words: string | undefined): void {
    const { voice } = this;
    if (voice === undefined) return;
    const said = voice.say(this.nextSequence());
    voice.links.forEach((link, place) => {
      const happening = "link" in said ? { ...said, link } : said;
      this.#feed(happening, place === 0 ? words : undefined);
    });
  }

  #isPeerDue(ms: number): boolean {
    const since = this.voice?.sinceMs;
    return since !== undefined && ms > since && (ms - since) % this.settings.heartbeatMs === 0;
  }

  #feed(happening: Happening, words: string | undefined): void {
    const event: HaEvent = { ...happening, at: instant(this.#nowMs) };
    if (event.kind === "stepSucceeded" || event.kind === "stepFailed") this.#settle(event.id);
    const { state, effects } = step(this.state, event, this.settings);
    this.state = state;
    this.#write(words ?? this.#unasked(event), words !== undefined, effects);
    for (const effect of effects) this.#answer(effect);
  }

  /** What comes by itself is told from what the script says by its first word. */
  #unasked(event: HaEvent): string {
    if (event.kind === "heartbeatReceived")
      return `heard ${describeHeartbeat(event.heartbeat)} on ${event.link}`;
    if (event.kind === "datagramRefused") return `heard nothing it can trust on ${event.link}`;
    return event.kind === "recordSaved" ? `saved term ${event.term}` : describeEvent(event);
  }

  #write(words: string, always: boolean, effects: readonly Effect[]): void {
    const news = effects.filter((effect) => this.#isNews(effect)).map(describeEffect);
    if (this.silent || (news.length === 0 && !always)) return;
    const [first, ...rest] = news;
    this.lines.push(this.#line(words, first));
    for (const effect of rest)
      this.lines.push(`${" ".repeat(TIME_WIDTH + 1 + EVENT_WIDTH)} → ${effect}`);
  }

  #line(words: string, effect: string | undefined): string {
    const time = String(this.#nowMs).padStart(TIME_WIDTH);
    return effect === undefined
      ? `${time} ${words}`
      : `${time} ${words.padEnd(EVENT_WIDTH)} → ${effect}`;
  }

  /** What is repeated every second or more often is written down once. */
  #isRepeated({ kind }: Effect): boolean {
    const before = this.#doneAt.get(kind);
    this.#doneAt.set(kind, this.#nowMs);
    return before !== undefined && this.#nowMs - before <= REPEATED_MS;
  }

  #isNews(effect: Effect): boolean {
    if (REPEATED.includes(effect.kind)) return !this.#isRepeated(effect);
    if (effect.kind !== "sendHeartbeat") return true;
    const words = describeHeartbeat(effect.heartbeat);
    if (words === this.#said) return false;
    this.#said = words;
    return true;
  }

  #answer(effect: Effect): void {
    if (isStep(effect)) {
      this.#running[effect.lane] = { id: effect.id, kind: effect.step.kind };
      if (this.silent) this.#feed({ kind: "stepSucceeded", id: effect.id }, undefined);
    }
    if (effect.kind === "saveRecord" && this.saves)
      this.#feed({ kind: "recordSaved", term: effect.record.term }, undefined);
  }

  #settle(id: StepId): void {
    for (const lane of ["address", "services"] as const)
      if (this.#running[lane]?.id === id) this.#running[lane] = undefined;
  }
}

/** A heartbeat of the peer, with what is usual for what is not said. */
export const peerHeartbeat = (
  settings: HaSettings,
  said: Partial<ReceivedHeartbeat> & Pick<ReceivedHeartbeat, "role" | "term" | "sequence">,
): ReceivedHeartbeat => ({
  node: settings.peer,
  handover: "none",
  forced: false,
  eligible: true,
  willing: true,
  lastHeldTerm: said.role === "active" ? said.term : 0,
  inSync: true,
  lanCarrier: true,
  pingNodesReached: 2,
  configuration: undefined,
  understands: true,
  pairServed: said.role === "active" || (said.lastHeldTerm ?? 0) > 0,
  session: "peer",
  echoSession: "ours",
  echoSequence: said.sequence,
  deadMs: settings.deadMs,
  sharedAddressesHash: settings.sharedAddressesHash,
  version: settings.version,
  ...said,
});

export const ALL_LINKS = LINKS;
