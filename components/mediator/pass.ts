import { callKey } from "../call-key.ts";
import type { CallKey } from "../call-key.ts";
import type { Found, Ledger, Piece } from "./ledger.ts";
import { mediate, possibleKeys } from "./mediate.ts";
import type { MediationRules } from "./mediate.ts";

export interface PassSettings extends MediationRules {
  /** Rows of kamailio.acc that are looked at, and whose calls are written, at a time. */
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

const keysOfBothSides = (one: Found): readonly CallKey[] => [
  callKey(one),
  callKey({ ...one, fromTag: one.toTag, toTag: one.fromTag }),
];

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

  /** Calls whose stop never came; then prepaid calls get their cost, and records that were dealt with long ago are moved. */
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
    while ((await this.#ledger.price(batch)) === batch);
    while ((await this.#ledger.putAway(nowMs - keepMs, batch)) === batch);
    return passed;
  }

  async #batches(next: Next, nowMs: number): Promise<Passed> {
    const settings = this.#settings();
    const limit = settings.batch;
    let passed = NOTHING;
    for (let after: Found | undefined; ;) {
      const found = await next({ after, limit });
      after = found.at(-1);
      if (after === undefined) return passed;
      passed = sum(passed, await this.#mediate(found, nowMs, settings));
      if (found.length < limit) return passed;
    }
  }

  /** Rows of calls that have their record need no others to be told what they are; there may be very many of one call. */
  async #mediate(found: readonly Found[], nowMs: number, rules: MediationRules): Promise<Passed> {
    const written = await this.#ledger.written(found.flatMap(keysOfBothSides));
    const isOpen = (one: Found): boolean => !possibleKeys(one).some((key) => written.has(key));
    const calls = new Map(found.filter(isOpen).map((one) => [callKey(one), one]));
    const ids = found.map(({ id }) => id);
    const records = await this.#ledger.records(ids, [...calls.values()]);
    const known = { nowMs, written, goneSinceMs: this.#goneSinceMs };
    const mediation = mediate(records, known, rules);
    const { cdrs, done, stray } = mediation;
    if (cdrs.length + done.length + stray.length > 0) await this.#ledger.write(mediation);
    const closed = cdrs.filter(
      ({ endedBy }) => endedBy === "no_dialog" || endedBy === "max_length",
    );
    return { cdrs: cdrs.length, closed: closed.length, stray: stray.length };
  }
}
