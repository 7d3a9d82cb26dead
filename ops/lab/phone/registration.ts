import { setTimeout as pause } from "node:timers/promises";
import type { Answered } from "./call.ts";
import type { Carrier, FlowReport } from "./carrier.ts";
import { nowMs } from "./clock.ts";

/** How long a phone whose registration was refused or not answered over a new connection waits before the next attempt. */
const AGAIN_MS = 1_000;

/** Monotonic milliseconds; null when it has not happened. */
export interface RegistrationReport {
  /** When the phone began to register for the last time. */
  readonly sentAtMs: number | null;
  /** When it was told 200 for the last time. */
  readonly acceptedAtMs: number | null;
  /** Null of a phone that speaks by datagrams. */
  readonly flow: FlowReport | null;
}

/**
 * A phone's registration. Its server reaches the phone over the connection that the registration came by, so each new
 * connection carries one of its own (RFC 5626, 4.2); over datagrams one holds until it expires.
 */
export class Registration {
  readonly #carrier: Carrier;
  readonly #ask: (expiresSeconds: number) => Promise<Answered>;
  #expiresSeconds: number | undefined;
  #underWay = false;
  #sentAtMs: number | null = null;
  #acceptedAtMs: number | null = null;

  /** @param ask sends the requests of one registration */
  constructor(carrier: Carrier, ask: (expiresSeconds: number) => Promise<Answered>) {
    this.#carrier = carrier;
    this.#ask = ask;
  }

  get report(): RegistrationReport {
    const { flow } = this.#carrier;
    return { sentAtMs: this.#sentAtMs, acceptedAtMs: this.#acceptedAtMs, flow };
  }

  /** Resolves with the answer of the server that the phone is connected to then. */
  async register(expiresSeconds: number): Promise<Answered> {
    this.#expiresSeconds = expiresSeconds;
    this.#underWay = true;
    for (;;) {
      await this.#carrier.opened();
      const { breaks } = this.#carrier;
      this.#sentAtMs = nowMs();
      const answered = await this.#ask(expiresSeconds);
      // Whoever has answered may be there no more: the next connection's server has the word.
      if (this.#carrier.breaks !== breaks) continue;
      this.#underWay = false;
      if (answered.status === 200) this.#acceptedAtMs = nowMs();
      return answered;
    }
  }

  /** There is a new connection. */
  async reopened(): Promise<void> {
    if (this.#expiresSeconds === undefined || this.#underWay) return;
    while ((await this.register(this.#expiresSeconds)).status !== 200)
      await pause(AGAIN_MS, undefined, { ref: false });
  }
}
