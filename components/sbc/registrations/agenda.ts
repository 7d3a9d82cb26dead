import { TimerQueue } from "../sip/timer-queue.ts";

/**
 * What is due when, at a bounded rate: between two there is always the same time at least, in whole milliseconds, so that no
 * second holds more than `perSecond`, however many are overdue. It knows no clock.
 */
export class Agenda {
  readonly #queue = new TimerQueue();
  #readyAt = -Infinity;

  /** When `take` is to be called next; `Infinity` when nothing waits. */
  get nextAt(): number {
    return Math.max(this.#queue.nextAt, this.#readyAt);
  }

  get size(): number {
    return this.#queue.size;
  }

  set(id: string, dueAt: number): void {
    this.#queue.set(id, dueAt);
  }

  /** Before all others: what the peer has asked for does not wait behind a long line. */
  setFirst(id: string): void {
    this.#queue.set(id, -Infinity);
  }

  delete(id: string): void {
    this.#queue.delete(id);
  }

  /** The one that is due longest; undefined when none is, or when the last one was taken too recently. */
  take(nowMs: number, perSecond: number): string | undefined {
    if (nowMs < this.nextAt) return undefined;
    const id = this.#queue.takeDue(nowMs);
    if (id !== undefined) this.#readyAt = nowMs + Math.ceil(1_000 / perSecond);
    return id;
  }
}
