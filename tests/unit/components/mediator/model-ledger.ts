import { callKey } from "../../../../components/call-key.ts";
import type { CallTags } from "../../../../components/call-key.ts";
import { possibleKeys } from "../../../../components/mediator/mediate.ts";
import type { Found, Ledger, Piece } from "../../../../components/mediator/ledger.ts";
import type { AccRecord, Cdr } from "../../../../components/mediator/records.ts";

const inOrder = (one: Piece["after"], other: Piece["after"]): number => {
  if (one === undefined || other === undefined)
    return one === other ? 0 : one === undefined ? -1 : 1;
  const [own, others] = [`${one.method} ${one.code}`, `${other.method} ${other.code}`];
  return own === others ? one.id - other.id : own < others ? -1 : 1;
};

const isOf = ({ callId, fromTag, toTag }: AccRecord, call: CallTags): boolean =>
  callId === call.callId &&
  ((fromTag === call.fromTag && toTag === call.toTag) ||
    (fromTag === call.toTag && toTag === call.fromTag));

/** The earliest of each method, reply code and direction. */
const firstOfEach = (records: readonly AccRecord[]): readonly AccRecord[] => {
  const first = new Map<string, AccRecord>();
  for (const record of records.toSorted((one, other) => one.atMs - other.atMs)) {
    const { fromTag, toTag, method, code } = record;
    const kind = JSON.stringify([fromTag, toTag, method, code]);
    if (!first.has(kind)) first.set(kind, record);
  }
  return [...first.values()];
};

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
    ended: (piece) => this.#find(piece, ({ method, code }) => method !== "INVITE" || code >= "3"),
    overdue: (piece, beforeMs) =>
      this.#find(
        piece,
        ({ method, code, callId, atMs }) =>
          method === "INVITE" && code < "3" && (!this.#dialogs.has(callId) || atMs < beforeMs),
      ),
    records: (ids, calls) => {
      const first = calls.flatMap((call) =>
        firstOfEach(this.openRecords.filter((record) => isOf(record, call))),
      );
      const named = this.openRecords.filter(({ id }) => ids.includes(id));
      return this.#answer([...new Set([...named, ...first])]);
    },
    written: (keys) => {
      const there = this.cdrs.map(({ key }) => key).filter((key) => keys.includes(key));
      return this.#answer(new Set(there));
    },
    dialogs: (callIds) =>
      this.#answer(new Set(callIds.filter((callId) => this.#dialogs.has(callId)))),
    price: () => this.#answer(0),
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

  #find({ after, limit }: Piece, holds: (record: AccRecord) => boolean): Promise<readonly Found[]> {
    const found = this.openRecords
      .filter((record) => holds(record) && inOrder(record, after) > 0)
      .toSorted(inOrder);
    return this.#answer(found.slice(0, limit));
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
