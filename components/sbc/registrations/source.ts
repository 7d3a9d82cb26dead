import type { ExactDatabase } from "../../../appliance/database/client.ts";
import type { Connect } from "../prepaid/lanes.ts";
import { readAccounts } from "./accounts.ts";
import type { Provisioned } from "./accounts.ts";

/** One connection to the accounts; after any error it is another one. */
export class AccountSource {
  readonly #connect: Connect;
  #database: ExactDatabase | undefined;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /** What is provisioned; undefined while that is as `known` has it. @throws what the database throws */
  async read(known: string | undefined): Promise<Provisioned | undefined> {
    const database = this.#database ?? (await this.#connect(() => (this.#database = undefined)));
    this.#database = database;
    try {
      return await readAccounts(database, known);
    } catch (error) {
      this.#database = undefined;
      database.end();
      throw error;
    }
  }
}
