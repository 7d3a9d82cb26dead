import type Srf from "drachtio-srf";

/** Whether there is a B2BUA: what an application has begun ends with the connection, and nothing tells its calls so. */
export class Connection {
  isOpen = false;
  #lost = Promise.resolve();
  #close = (): void => undefined;

  constructor(srf: Srf) {
    srf.on("connect", (failure: Error | null) => {
      if (failure !== null) return;
      this.isOpen = true;
      this.#lost = new Promise((resolve) => {
        this.#close = resolve;
      });
    });
    // The package says it; its types do not.
    const events: unknown = srf;
    (events as NodeJS.EventEmitter).on("close", () => {
      this.isOpen = false;
      this.#close();
    });
  }

  /** Resolves when the one that is there now is gone. */
  get lost(): Promise<void> {
    return this.#lost;
  }
}
