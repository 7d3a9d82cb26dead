import type { Desk } from "./desk.ts";
import type { LiveCall } from "./live-calls.ts";
import { TimerQueue } from "./sip/timer-queue.ts";

/** The proxy gives a call up after 180 s, and this is longer: it is there for the case that nobody does. */
const RING_SECONDS = 186;

/**
 * How long an INVITE may stay open. The proxy that sent it ends it before; after a takeover no transaction of a proxy knows
 * it any more, and a callee that never answers would keep the call, its record and the money that is reserved for it.
 */
export class RingLimit {
  readonly #desk: Desk;
  readonly #over: (live: LiveCall) => void;
  readonly #queue = new TimerQueue();

  /** @param over is called for a call whose INVITE has no final answer in time */
  constructor(desk: Desk, over: (live: LiveCall) => void) {
    this.#desk = desk;
    this.#over = over;
  }

  get deadline(): number {
    return this.#queue.nextAt;
  }

  /** Of a new call from its arrival on, whichever process it came to; of a later INVITE from now on. */
  begin({ call }: LiveCall): void {
    const { transport, settings } = this.#desk;
    const limitMs = (settings.ringSeconds ?? RING_SECONDS) * 1_000;
    const passedMs = call.established ? 0 : Math.max(0, Date.now() - call.createdAt);
    this.#queue.set(call.id, transport.now() + Math.max(0, limitMs - passedMs));
    transport.rearm();
  }

  end(id: string): void {
    this.#queue.delete(id);
  }

  advance(nowMs: number): void {
    for (let id = this.#queue.takeDue(nowMs); id !== undefined; id = this.#queue.takeDue(nowMs)) {
      const live = this.#desk.calls.get(id);
      if (live?.invite !== undefined && live.invite.answer === undefined) this.#over(live);
    }
  }
}
