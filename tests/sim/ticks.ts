import type { NextTick } from "../../ha/core/pace.ts";
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
  #from: Instant;
  #missed = false;

  constructor(parts: TicksParts) {
    this.#parts = parts;
    this.#dueAt = parts.machine.now;
    this.#from = parts.machine.now;
  }

  get dueAt(): Instant {
    return this.#dueAt;
  }

  /** Whether a tick comes in the turn of what arrives now. */
  get mayCome(): boolean {
    return !this.#missed && this.#parts.machine.now >= this.#from;
  }

  /** A newer timer replaces an older one. */
  next({ from, due: dueAt }: NextTick): void {
    const { machine, random, isAlive, isAwake, tick } = this.#parts;
    const timer = (this.#timer += 1);
    this.#dueAt = dueAt;
    this.#from = from;
    this.#parts.in(Math.max(0, elapsed(machine.now, dueAt)) + random.next(), () => {
      if (!isAlive() || timer !== this.#timer) return;
      if (isAwake()) tick();
      else this.#missed = true;
    });
  }

  /** What happened asks for a tick sooner than it was due. */
  hasten({ from, due }: NextTick): void {
    const { now } = this.#parts.machine;
    this.#from = from;
    if (!this.#missed && due < this.#dueAt) this.next({ from, due: due > now ? due : now });
  }

  /** The tick that was due while the process slept goes before everything else. */
  wake(): void {
    if (!this.#missed) return;
    this.#missed = false;
    this.#parts.tick();
  }
}
