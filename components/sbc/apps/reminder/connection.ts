import type Srf from "drachtio-srf";

/** Whether there is a B2BUA: what an application has begun ends with the connection, and nothing tells its calls so. */
export class Connection {
  isOpen = false;
  readonly #abandoned = new Set<() => void>();

  constructor(srf: Srf) {
    srf.on("connect", (failure: Error | null) => {
      if (failure === null) this.isOpen = true;
    });
    // The package says it; its types do not.
    const events: unknown = srf;
    (events as NodeJS.EventEmitter).on("close", () => {
      this.isOpen = false;
      for (const abandon of this.#abandoned) abandon();
      this.#abandoned.clear();
    });
  }

  /**
   * Calls `abandon` when the one that is there now is gone; at once when none is.
   *
   * @returns takes that back
   */
  onLost(abandon: () => void): () => void {
    if (this.isOpen) this.#abandoned.add(abandon);
    else abandon();
    return () => void this.#abandoned.delete(abandon);
  }
}
