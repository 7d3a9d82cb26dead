import type { ExactDatabase } from "../../../appliance/database/client.ts";
import { ledgerOf } from "./ledger.ts";
import type { Ledger } from "./ledger.ts";

/** Each commit waits for both disks: as many as this wait together. */
const LANES = 8;

/** Opens a connection, whose statements end within a time that is bounded. `onClosed` hears that the server has closed it. */
export type Connect = (onClosed: () => void) => Promise<ExactDatabase>;

/** One connection, and what waits for it in its order. */
class Lane {
  readonly #connect: Connect;
  #database: ExactDatabase | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  run<Result>(work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => this.#carryOut(work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** After any error the connection is given up: what it was doing may be done or not, and is done again all the same. */
  async #carryOut<Result>(work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
    const database = this.#database ?? (await this.#connect(() => (this.#database = undefined)));
    this.#database = database;
    try {
      return await work(ledgerOf(database));
    } catch (error) {
      this.#database = undefined;
      database.end();
      throw error;
    }
  }
}

/**
 * The database for as many calls as there are. What concerns one payer is done in the order in which it was asked for: the
 * money of a call that has failed is back before the next one asks for it.
 */
export class Lanes {
  readonly #connect: Connect;
  readonly #lanes = new Map<number, Lane>();

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /** @throws what the ledger throws, and what opening a connection throws */
  run<Result>(payer: string, work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
    let sum = 0;
    for (const character of payer) sum += character.charCodeAt(0);
    const index = sum % LANES;
    const lane = this.#lanes.get(index) ?? new Lane(this.#connect);
    this.#lanes.set(index, lane);
    return lane.run(work);
  }
}
