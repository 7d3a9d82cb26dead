import { setTimeout as delay } from "node:timers/promises";
import type { Call } from "../call.ts";
import { withoutExchange } from "../call.ts";
import type { Lanes } from "./lanes.ts";
import { ASK_AGAIN_MS, costOf, ended } from "./tariff.ts";

interface Ground {
  readonly lanes: Lanes | undefined;
  /** Writes the record of a call that is over; answers whether Redis has it. */
  readonly save: (over: Call) => Promise<boolean>;
  /** Whether a call is one of this process. */
  readonly isKnown: (id: string) => boolean;
  /** Told of what keeps an account open. */
  readonly onTrouble: (reason: string) => void;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : "unknown");

/** The ends of accounts: what was set aside and not used goes back to the balance. */
export class Settlements {
  readonly #ground: Ground;
  /** The calls that are over and whose account is still open. */
  readonly #open = new Set<string>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /**
   * Settles the account of a call that is over; undefined for one that has none. The record of the call, which says what it
   * cost, is to stay until this resolves: whatever dies, the next process settles it then.
   */
  settle(call: Call): Promise<void> | undefined {
    const { lanes } = this.#ground;
    // Before the tariff is known nothing is set aside.
    if (call.prepaid?.tariff === undefined || lanes === undefined) return undefined;
    const prepaid = ended(call.prepaid, Date.now());
    const over: Call = { ...withoutExchange(call), farewells: call.farewells ?? [], prepaid };
    this.#open.add(call.id);
    return this.#untilSettled(over, lanes).finally(() => this.#open.delete(call.id));
  }

  async #untilSettled(over: Call, lanes: Lanes): Promise<void> {
    const { id, prepaid } = over;
    if (prepaid?.tariff === undefined) return;
    const { contract } = prepaid.tariff;
    // At once, also while there is no way to the database: the next process is not to go on with the call.
    let saved = this.#ground.save(over);
    for (;;) {
      try {
        // In its turn before what the same payer asks next.
        await lanes.run(prepaid.payer, async (ledger) => {
          await saved;
          await ledger.settle({ id, contract }, costOf(prepaid));
        });
        return;
      } catch (error) {
        this.#ground.onTrouble(reasonOf(error));
        await delay(ASK_AGAIN_MS);
        if (!(await saved)) saved = this.#ground.save(over);
      }
    }
  }

  /** Settles the accounts whose calls nobody has any more: their records were lost, or never written. */
  async search(): Promise<void> {
    const { lanes, isKnown, onTrouble } = this.#ground;
    try {
      for (const booked of (await lanes?.run("", (ledger) => ledger.open())) ?? [])
        if (!isKnown(booked.id) && !this.#open.has(booked.id))
          await lanes?.run("", (ledger) => ledger.settle(booked, undefined));
    } catch (error) {
      onTrouble(reasonOf(error));
    }
  }
}
