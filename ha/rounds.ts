import type { Instant } from "./core/time.ts";

/**
 * Has `work` done every `ms` milliseconds, in a turn of the loop that runs anyhow.
 *
 * @returns what ends it
 */
export type Every = (ms: number, work: () => void) => () => void;

interface Round {
  readonly ms: number;
  readonly work: () => void;
}

/**
 * What the daemon does again and again besides its heartbeats, done in the turn of a tick: what is due in the same
 * second is done in one turn, because a process that is woken costs more than what it then does.
 */
export class Rounds {
  readonly #rounds = new Set<Round>();
  #lastAt = 0;

  /** Times are counted in whole `ms`, so that all rounds of one length fall together. */
  readonly every: Every = (ms, work) => {
    const round = { ms, work };
    this.#rounds.add(round);
    return () => void this.#rounds.delete(round);
  };

  /** Does what is due; after a pause each round once. */
  run(at: Instant): void {
    for (const { ms, work } of this.#rounds)
      if (Math.floor(at / ms) !== Math.floor(this.#lastAt / ms)) work();
    this.#lastAt = at;
  }
}
