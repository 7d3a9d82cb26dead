import { ApplianceError } from "../../appliance/errors.ts";

export class SupersededError extends ApplianceError {
  override readonly name = "SupersededError";
  readonly code = "NGCP_STORE_SUPERSEDED";

  constructor(store: string) {
    super(`opening or closing ${store} was given up because the opposite was asked for`);
  }
}

/**
 * One piece of work on a store at a time. An order to open or close ends what is under way, so that nothing
 * older can be carried out after it; tending waits for nobody and gives way to everybody.
 */
export class Turns {
  readonly #store: string;
  #current: AbortController | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(store: string) {
    this.#store = store;
  }

  take(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#current?.abort(new SupersededError(this.#store));
    const turn = new AbortController();
    this.#current = turn;
    const stop = (): void => turn.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const done = this.#settled.then(async () => {
      if (signal.aborted) stop();
      turn.signal.throwIfAborted();
      await work(turn.signal);
    });
    const release = (): void => {
      signal.removeEventListener("abort", stop);
      if (this.#current === turn) this.#current = undefined;
    };
    this.#settled = done.then(release, release);
    return done;
  }

  /** Does nothing while an order is being carried out; an order that comes in between ends it without an error. */
  async takeIfFree(
    work: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#current !== undefined) return;
    try {
      await this.take(work, signal);
    } catch (error) {
      if (!(error instanceof SupersededError)) throw error;
    }
  }
}
