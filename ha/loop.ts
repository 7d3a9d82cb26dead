import type { Effect } from "./core/effect.ts";
import type { HaEvent } from "./core/event.ts";
import type { HaSettings } from "./core/settings.ts";
import type { Instant } from "./core/time.ts";
import { elapsed } from "./core/time.ts";

/** Events that may wait at once. More than that means that this node cannot follow what happens to it. */
const QUEUE_LIMIT = 256;

type Untimed<Event> = Event extends unknown ? Omit<Event, "at"> : never;

/** An event before the loop has given it its time. */
export type Happening = Untimed<HaEvent>;

export interface Outcome<State> {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export interface LoopParts<State> {
  readonly step: (state: State, event: HaEvent, settings: HaSettings) => Outcome<State>;
  readonly initial: State;
  readonly settings: HaSettings;
  /** The monotonic clock. */
  readonly now: () => Instant;
  /** Begins to carry an effect out. It neither waits nor throws; what comes of it is posted later. */
  readonly perform: (effect: Effect) => void;
  /** Resolves when every datagram that was waiting in the sockets has been posted. */
  readonly drainLinks: () => Promise<void>;
  /** Called after each completed step, before its effects are performed. */
  readonly completed: (event: HaEvent, before: State, after: State) => void;
}

export interface Loop<State> {
  /** Queues what happened. It is worked off before this returns, but for what a step itself brings about. */
  post(happening: Happening): void;
  snapshot(): State;
  /** Begins to tick. */
  start(): void;
  stop(): void;
}

/**
 * The only caller of `step` and the only owner of the state. Every event gets its time here, in the order
 * of arrival. When the process was not running for a while (a late tick), the tick goes before whatever
 * else has arrived, and no heartbeat leaves before the sockets have been read: what this node was before
 * the pause may not be true any more.
 */
export const createLoop = <State>(parts: LoopParts<State>): Loop<State> => {
  const { settings, now } = parts;
  const queue: HaEvent[] = [];
  let state = parts.initial;
  let lastTickAt = now();
  let working = false;
  let overrun = false;
  let readingSockets = false;
  let heartbeatHeldBack: Effect | undefined;
  let timer: NodeJS.Timeout | undefined;

  const perform = (effect: Effect): void => {
    if (effect.kind === "sendHeartbeat" && readingSockets) heartbeatHeldBack = effect;
    else parts.perform(effect);
  };

  const work = (event: HaEvent): void => {
    const before = state;
    const outcome = parts.step(before, event, settings);
    state = outcome.state;
    parts.completed(event, before, state);
    outcome.effects.forEach(perform);
  };

  const workAll = (): void => {
    if (working) return;
    working = true;
    try {
      for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
        work(event);
        if (overrun) {
          overrun = false;
          queue.push({ kind: "queueOverrun", at: now() });
        }
      }
    } finally {
      working = false;
    }
  };

  const enqueue = (event: HaEvent): void => {
    if (queue.length >= QUEUE_LIMIT) overrun = true;
    else queue.push(event);
  };

  const readSocketsFirst = (): void => {
    if (readingSockets) return;
    readingSockets = true;
    void parts.drainLinks().then(() => {
      readingSockets = false;
      const effect = heartbeatHeldBack;
      heartbeatHeldBack = undefined;
      if (effect !== undefined) parts.perform(effect);
    });
  };

  const enqueueTick = (at: Instant): void => {
    if (elapsed(lastTickAt, at) > settings.heartbeatMs) readSocketsFirst();
    lastTickAt = at;
    if (!queue.some((event) => event.kind === "tick")) enqueue({ kind: "tick", at });
  };

  const post = (happening: Happening): void => {
    const at = now();
    if (happening.kind === "tick") enqueueTick(at);
    else {
      if (elapsed(lastTickAt, at) > settings.heartbeatMs) enqueueTick(at);
      enqueue({ ...happening, at });
    }
    workAll();
  };

  return {
    post,
    snapshot: () => state,
    start: () => {
      lastTickAt = now();
      timer = setInterval(() => post({ kind: "tick" }), settings.tickMs);
    },
    stop: () => clearInterval(timer),
  };
};
