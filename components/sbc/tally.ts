/** Why the sbc ends a call that neither side ended. */
export type EndCause =
  "operator" | "callLength" | "sessionTimer" | "keepAlive" | "credit" | "accounting";

/** What has been counted since the start of the process. Calls that are up are not counted here: they are listed. */
export class Tally {
  readonly #startedAt = Date.now();
  readonly #ended = new Map<EndCause, number>();
  takenOver = 0;
  received = 0;
  answered = 0;
  failed = 0;

  endedHere(cause: EndCause): void {
    this.#ended.set(cause, (this.#ended.get(cause) ?? 0) + 1);
  }

  counts() {
    const { takenOver, received, answered, failed } = this;
    return {
      startedAt: this.#startedAt,
      takenOver,
      received,
      answered,
      failed,
      endedHere: Object.fromEntries(this.#ended),
    };
  }
}
