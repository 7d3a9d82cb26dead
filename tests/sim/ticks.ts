import type { Instant } from "../../ha/core/time.ts";
import { elapsed } from "../../ha/core/time.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";

export interface TicksParts {
  readonly machine: Machine;
  readonly random: Random;
  /** After so long on the machine's clock. */
  readonly in: (localMs: number, action: () => void) => void;
  readonly isAlive: () => boolean;
  readonly isAwake: () => boolean;
  readonly tick: () => void;
}

/** The timer of the next tick: late by up to a millisecond, and by as long as its process sleeps. */
export class Ticks {
  readonly #parts: TicksParts;
  #timer = 0;
  #dueAt: Instant;
  #missed = false;

  constructor(parts: TicksParts) {
    this.#parts = parts;
    this.#dueAt = parts.machine.now;
  }

  get dueAt(): Instant {
    return this.#dueAt;
  }

  /** A newer timer replaces an older one. */
  next(dueAt: Instant): void {
    const { machine, random, isAlive, isAwake, tick } = this.#parts;
    const timer = (this.#timer += 1);
    this.#dueAt = dueAt;
    this.#parts.in(Math.max(0, elapsed(machine.now, dueAt)) + random.next(), () => {
      if (!isAlive() || timer !== this.#timer) return;
      if (isAwake()) tick();
      else this.#missed = true;
    });
  }

  /** What happened asks for a tick sooner than it was due. */
  hasten(dueAt: Instant): void {
    const { now } = this.#parts.machine;
    if (!this.#missed && dueAt < this.#dueAt) this.next(dueAt > now ? dueAt : now);
  }

  /** The tick that was due while the process slept goes before everything else. */
  wake(): void {
    if (!this.#missed) return;
    this.#missed = false;
    this.#parts.tick();
  }
}
