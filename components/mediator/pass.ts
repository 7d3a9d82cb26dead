import type { Found, Ledger, Piece } from "./ledger.ts";
import { mediate, possibleKeys } from "./mediate.ts";
import type { MediationRules } from "./mediate.ts";

export interface PassSettings extends MediationRules {
  /** Rows of kamailio.acc whose calls are written in one transaction. */
  readonly batch: number;
  /** How long a record that was dealt with stays in kamailio.acc, where the proxy looks for it. */
  readonly keepMs: number;
}

/** What one look at the database did. */
export interface Passed {
  readonly cdrs: number;
  /** Of those, how many because their stop never came. */
  readonly closed: number;
  readonly stray: number;
}

const NOTHING: Passed = { cdrs: 0, closed: 0, stray: 0 };

const sum = (one: Passed, other: Passed): Passed => ({
  cdrs: one.cdrs + other.cdrs,
  closed: one.closed + other.closed,
  stray: one.stray + other.stray,
});

type Next = (piece: Piece) => Promise<readonly Found[]>;

/** Works through the records of a pair. It remembers nothing that a successor would need. */
export class Passes {
  readonly #ledger: Ledger;
  readonly #settings: () => PassSettings;
  #goneSinceMs: ReadonlyMap<string, number> = new Map();

  constructor(ledger: Ledger, settings: () => PassSettings) {
    this.#ledger = ledger;
    this.#settings = settings;
  }

  /** Calls with a stop record and refused ones. */
  ended(nowMs: number): Promise<Passed> {
    return this.#batches((piece) => this.#ledger.ended(piece), nowMs);
  }

  /** Calls whose stop never came; then records that were dealt with long ago are moved. */
  async overdue(nowMs: number): Promise<Passed> {
    const { maxCallMs, keepMs, batch } = this.#settings();
    const gone = new Map<string, number>();
    const passed = await this.#batches(async (piece) => {
      const found = await this.#ledger.overdue(piece, nowMs - maxCallMs);
      if (found.length === 0) return found;
      const present = await this.#ledger.dialogs(found.map(({ callId }) => callId));
      for (const { callId } of found)
        if (!present.has(callId)) gone.set(callId, this.#goneSinceMs.get(callId) ?? nowMs);
      this.#goneSinceMs = new Map([...this.#goneSinceMs, ...gone]);
      return found;
    }, nowMs);
    // A dialog that is there again, and a call that was closed, are forgotten.
    this.#goneSinceMs = gone;
    while ((await this.#ledger.putAway(nowMs - keepMs, batch)) === batch);
    return passed;
  }

  async #batches(next: Next, nowMs: number): Promise<Passed> {
    const settings = this.#settings();
    const limit = settings.batch;
    let passed = NOTHING;
    for (let after = 0; ;) {
      const found = await next({ after, limit });
      const last = found.at(-1);
      if (last === undefined) return passed;
      const callIds = [...new Set(found.map((one) => one.callId))];
      passed = sum(passed, await this.#mediate(callIds, nowMs, settings));
      if (found.length < limit) return passed;
      after = last.id;
    }
  }

  async #mediate(
    callIds: readonly string[],
    nowMs: number,
    rules: MediationRules,
  ): Promise<Passed> {
    const records = await this.#ledger.records(callIds);
    const written = await this.#ledger.written(records.flatMap(possibleKeys));
    const known = { nowMs, written, goneSinceMs: this.#goneSinceMs };
    const mediation = mediate(records, known, rules);
    const { cdrs, done, stray } = mediation;
    if (cdrs.length + done.length + stray.length > 0) await this.#ledger.write(mediation);
    const closed = cdrs.filter(({ endedBy }) => endedBy !== "bye" && endedBy !== "refusal");
    return { cdrs: cdrs.length, closed: closed.length, stray: stray.length };
  }
}
