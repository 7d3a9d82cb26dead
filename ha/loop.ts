import type { Effect } from "./core/effect.ts";
import type { HaEvent } from "./core/event.ts";
import type { NextTick } from "./core/pace.ts";
import type { HaSettings } from "./core/settings.ts";
import type { Instant } from "./core/time.ts";
import { after, elapsed, instant } from "./core/time.ts";

/** Events that may wait at once. More than that means that this node cannot follow what happens to it. */
const QUEUE_LIMIT = 256;

/**
 * What waits after a pause until the sockets have been read. A heartbeat would say what may not be true any more; the others cost
 * milliseconds in a process whose caches are cold, and a release that is due has 50 (20 to 31 ms went by between the late
 * tick and the peer's word on a slow machine, and 8 between that and the release: drill node-freeze).
 */
const WAITING_FOR_SOCKETS: ReadonlySet<Effect["kind"]> = new Set([
  "sendHeartbeat",
  "probePeerService",
  "probeNeighbour",
  "stopWaitingForPeer",
  "alarmRaised",
  "alarmCleared",
] satisfies readonly Effect["kind"][]);

/** The newest of each kind, but every alarm; in their order. */
const worthDoing = (effects: readonly Effect[]): readonly Effect[] =>
  effects.filter(
    ({ kind }, index) =>
      kind.startsWith("alarm") || effects.findLastIndex((other) => other.kind === kind) === index,
  );

/** No tick comes before its time while one waits to be worked off. */
const NEVER = instant(Number.POSITIVE_INFINITY);

type Untimed<Event> = Event extends unknown ? Omit<Event, "at"> : never;

/** An event before the loop has given it its time. */
export type Happening = Untimed<HaEvent>;

export interface Outcome<State> {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export interface LoopParts<State> {
  readonly step: (state: State, event: HaEvent, settings: HaSettings) => Outcome<State>;
  readonly nextTick: (state: State, settings: HaSettings, lastTickAt: Instant) => NextTick;
  readonly initial: State;
  readonly settings: HaSettings;
  /** The monotonic clock. */
  readonly now: () => Instant;
  /** Begins to carry an effect out. It neither waits nor throws; what comes of it is posted later. */
  readonly perform: (effect: Effect) => void;
  /** Resolves when every datagram that was waiting in the sockets has been posted. */
  readonly drainLinks: () => Promise<void>;
  /** Called after each completed step, before its effects are performed. */
  readonly completed: (event: HaEvent, before: State, outcome: Outcome<State>) => void;
  /**
   * Called after each tick, when its effects have begun: the place for what is done again and again. After a pause all of
   * that is due at once, and waits until the sockets have been read.
   */
  readonly ticked: (at: Instant, lateMs: number) => void;
}

/**
 * The only caller of `step` and the only owner of the state. Every event gets its time here, in the order
 * of arrival. When the process was not running for a while (a late tick), the tick goes before whatever
 * else has arrived, and no heartbeat leaves before the sockets have been read: what this node was before
 * the pause may not be true any more. A step that is due, a release above all, waits for nothing.
 */
export class Loop<State> {
  readonly #parts: LoopParts<State>;
  readonly #queue: HaEvent[] = [];
  #state: State;
  #lastTickAt: Instant;
  #tickDueAt: Instant;
  /** From then on a tick comes in the turn of whatever arrives. */
  #tickFrom = NEVER;
  #working = false;
  #overrun = false;
  #readingSockets = false;
  #heldBack: Effect[] = [];
  /** The first tick after a pause is the one that was late. */
  #tickHeldBack: { readonly at: Instant; readonly lateMs: number } | undefined;
  #ticks = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: LoopParts<State>) {
    this.#parts = parts;
    this.#state = parts.initial;
    this.#lastTickAt = parts.now();
    this.#tickDueAt = after(this.#lastTickAt, parts.settings.tickMs);
  }

  /** Begins to tick. */
  start(): void {
    this.#ticks = true;
    this.#lastTickAt = this.#parts.now();
    this.#timeTick(true);
  }

  stop(): void {
    this.#ticks = false;
    clearTimeout(this.#timer);
  }

  /** The state as it is now; nobody else changes it, and it does not change. */
  snapshot(): State {
    return this.#state;
  }

  /** Queues what happened and works it off before returning, unless called from within a step's effects. */
  post(happening: Happening): void {
    const at = this.#parts.now();
    if (happening.kind === "tick") this.#enqueueTick(at);
    else {
      if (this.#isLate(at)) this.#enqueueTick(at);
      this.#enqueue({ ...happening, at });
      if (this.#ticks && at >= this.#tickFrom) this.#enqueueTick(at);
    }
    this.#workAll();
  }

  /** Runs the timer of the next tick: anew after a tick, and shorter when what happened asks for it. */
  #timeTick(isNew: boolean): void {
    const { nextTick, settings, now } = this.#parts;
    const { from, due: dueAt } = nextTick(this.#state, settings, this.#lastTickAt);
    this.#tickFrom = from;
    if (!isNew && dueAt >= this.#tickDueAt) return;
    // What happened between two distant ticks may ask for one that would have been due already: that is not late yet.
    const at = now();
    this.#tickDueAt = isNew || dueAt > at ? dueAt : at;
    clearTimeout(this.#timer);
    if (this.#ticks)
      this.#timer = setTimeout(() => this.post({ kind: "tick" }), Math.max(0, dueAt - at));
  }

  #isLate(at: Instant): boolean {
    const { heartbeatMs, tickMs } = this.#parts.settings;
    return elapsed(this.#tickDueAt, at) > heartbeatMs - tickMs;
  }

  #enqueueTick(at: Instant): void {
    if (this.#isLate(at)) this.#readSocketsFirst();
    this.#lastTickAt = at;
    this.#tickFrom = NEVER;
    if (!this.#queue.some((event) => event.kind === "tick")) this.#enqueue({ kind: "tick", at });
  }

  #enqueue(event: HaEvent): void {
    if (this.#queue.length >= QUEUE_LIMIT) this.#overrun = true;
    else this.#queue.push(event);
  }

  #workAll(): void {
    if (this.#working) return;
    this.#working = true;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      const lateMs = Math.max(0, elapsed(this.#tickDueAt, event.at));
      this.#work(event);
      this.#tellOverrun();
      this.#timeTick(event.kind === "tick");
      if (event.kind === "tick") this.#ticked(event.at, lateMs);
    }
    this.#working = false;
  }

  #work(event: HaEvent): void {
    const before = this.#state;
    const outcome = this.#parts.step(before, event, this.#parts.settings);
    this.#state = outcome.state;
    this.#parts.completed(event, before, outcome);
    outcome.effects.forEach((effect) => this.#perform(effect));
  }

  #ticked(at: Instant, lateMs: number): void {
    if (this.#readingSockets) this.#tickHeldBack ??= { at, lateMs };
    else this.#parts.ticked(at, lateMs);
  }

  #tellOverrun(): void {
    if (!this.#overrun) return;
    this.#overrun = false;
    this.#queue.push({ kind: "queueOverrun", at: this.#parts.now() });
  }

  #perform(effect: Effect): void {
    if (this.#readingSockets && WAITING_FOR_SOCKETS.has(effect.kind)) this.#heldBack.push(effect);
    else this.#parts.perform(effect);
  }

  #readSocketsFirst(): void {
    if (this.#readingSockets) return;
    this.#readingSockets = true;
    void this.#parts.drainLinks().then(() => {
      this.#readingSockets = false;
      const effects = worthDoing(this.#heldBack);
      this.#heldBack = [];
      effects.forEach((effect) => this.#parts.perform(effect));
      const tick = this.#tickHeldBack;
      this.#tickHeldBack = undefined;
      if (tick !== undefined) this.#parts.ticked(tick.at, tick.lateMs);
    });
  }
}
