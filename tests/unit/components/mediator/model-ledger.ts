import { callKey, possibleKeys } from "../../../../components/mediator/mediate.ts";
import type { Ledger } from "../../../../components/mediator/ledger.ts";
import type { AccRecord, Cdr } from "../../../../components/mediator/records.ts";

/** What the database holds, as far as the mediator sees it. */
export class ModelLedger {
  readonly cdrs: Cdr[] = [];
  readonly #open = new Map<number, AccRecord>();
  readonly #dialogs = new Set<string>();
  #count = 0;
  /** Asked at each statement: `true` ends the mediator there. */
  dies: () => boolean = () => false;

  add(record: AccRecord): void {
    this.#count += 1;
    this.#open.set(this.#count, { ...record, id: this.#count });
  }

  setDialog(callId: string, there: boolean): void {
    if (there) this.#dialogs.add(callId);
    else this.#dialogs.delete(callId);
  }

  get openRecords(): readonly AccRecord[] {
    return [...this.#open.values()];
  }

  #mayDie(): void {
    if (this.dies()) throw new Error("killed");
  }

  readonly port: Ledger = {
    ended: ({ after, limit }) =>
      this.#find(
        limit,
        ({ id, method, code }) => id > after && (method !== "INVITE" || code >= "3"),
      ),
    overdue: ({ after, limit }, beforeMs) =>
      this.#find(
        limit,
        ({ id, method, code, callId, atMs }) =>
          id > after &&
          method === "INVITE" &&
          code < "3" &&
          (!this.#dialogs.has(callId) || atMs < beforeMs),
      ),
    records: (callIds) =>
      this.#answer(this.openRecords.filter(({ callId }) => callIds.includes(callId))),
    written: (keys) => {
      const there = this.cdrs.map(({ key }) => key).filter((key) => keys.includes(key));
      return this.#answer(new Set(there));
    },
    dialogs: (callIds) =>
      this.#answer(new Set(callIds.filter((callId) => this.#dialogs.has(callId)))),
    write: ({ cdrs, done, stray }) => {
      this.#mayDie();
      for (const cdr of cdrs) {
        if (this.cdrs.some(({ key }) => key === cdr.key)) throw new Error("the key is unique");
        this.cdrs.push(cdr);
      }
      for (const id of [...done, ...stray]) this.#open.delete(id);
      this.#mayDie();
      return Promise.resolve();
    },
    putAway: () => this.#answer(0),
  };

  #find(
    limit: number,
    holds: (record: AccRecord) => boolean,
  ): Promise<readonly { readonly id: number; readonly callId: string }[]> {
    return this.#answer(this.openRecords.filter(holds).slice(0, limit));
  }

  #answer<Result>(result: Result): Promise<Result> {
    this.#mayDie();
    return Promise.resolve(result);
  }
}

/** Keys of the calls that `records` tell of: each is to have one call detail record. */
export const callsIn = (records: readonly AccRecord[]): readonly string[] => [
  ...new Set(
    records
      .filter(({ method, code }) => method === "INVITE" && code !== "407")
      .map((record) => possibleKeys(record)[0] ?? callKey(record)),
  ),
];
