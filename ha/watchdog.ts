import type { NotifyPort } from "./effects/notify.ts";

/** systemd kills the daemon a second after the last feeding: one may be lost, and the next late by a fifth of a second. */
const FEED_EVERY_MS = 400;

/** Feeds systemd's watchdog as long as the core completes its steps (role-machine rule 21). */
export class Watchdog {
  readonly #now: () => number;
  #notify: NotifyPort | undefined;
  #fedAt = 0;
  #stopped = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The first feeding says that the daemon has started. */
  attach(notify: NotifyPort): void {
    this.#notify = notify;
    notify.ready();
  }

  stepCompleted(): void {
    const now = this.#now();
    if (this.#stopped || this.#notify === undefined || now - this.#fedAt < FEED_EVERY_MS) return;
    this.#fedAt = now;
    this.#notify.alive();
  }

  /** For good: systemd kills the daemon then. */
  stop(): void {
    this.#stopped = true;
  }
}
