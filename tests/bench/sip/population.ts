import { setTimeout as pause } from "node:timers/promises";
import type { EngineNode } from "../../contract/sip/node.ts";
import { BenchNode } from "./node.ts";
import { CALLEES, PORT } from "./phones.ts";
import type { Outcome } from "./phones.ts";
import { PingedPhones } from "./pinged/phones.ts";
import { startProxy, stopProxy } from "./ready/start.ts";
import { registerLike } from "./registered.ts";

const LB_PORT = 5060;
/** Behind the same NAT, for the bench, as the phones that call and are called. */
const ELSEWHERE = "10.9.0.3";
const ROWS_AT_ONCE = 10_000;

export interface Size {
  readonly name: string;
  readonly subscribers: number;
  /** How many of them have a registration. */
  readonly registrations: number;
  /** How many have a phone that calls or is called. */
  readonly phones: number;
}

/** A node with so many subscribers and registrations, and phones that call each other; without its proxy but in its turn. */
export class Population {
  readonly size: Size;
  readonly #bench: BenchNode;
  #others: PingedPhones | undefined;

  private constructor(size: Size, bench: BenchNode) {
    this.size = size;
    this.#bench = bench;
  }

  static async open(size: Size): Promise<Population> {
    const population = new Population(size, await BenchNode.start(size.name, size));
    try {
      await population.#register();
      await stopProxy(population.#node);
      return population;
    } catch (error) {
      await population.end();
      throw error;
    }
  }

  get provisionedMs(): number {
    return this.#bench.provisionedMs;
  }

  /**
   * Lets the proxy run for as long as `measure` does: it would go on to ask all phones behind NAT, and be in what is measured of
   * another node.
   *
   * @param measure is told how long the start took, see startProxy
   */
  async turn<Result>(measure: (readyMs: number) => Promise<Result>): Promise<Result> {
    const readyMs = await startProxy(this.#node);
    try {
      return await measure(readyMs);
    } finally {
      await stopProxy(this.#node);
    }
  }

  calls(count: number, atOnce: number): Promise<Outcome> {
    return this.#bench.phones.calls({ port: LB_PORT, count, atOnce });
  }

  /** What the proxy has read of subscribers is of the edition before: it asks for each anew. */
  async forget(): Promise<void> {
    await this.#node.sql("insert into editions () values ()");
  }

  /** How many of the phones that neither call nor are called the proxy asks within a time. */
  async asked(withinMs: number): Promise<number> {
    await this.#others?.asked();
    await pause(withinMs);
    return (await this.#others?.asked()) ?? 0;
  }

  async end(): Promise<void> {
    this.#others?.end();
    await this.#bench.end();
  }

  get #node(): EngineNode {
    return this.#bench.node;
  }

  /** Registers what is called as phones do it, and the others by rows like theirs. */
  async #register(): Promise<void> {
    const { phones, registrations } = this.size;
    const called = phones >> 1;
    await this.#bench.phones.openCallees([LB_PORT]);
    if (registrations > called) {
      this.#others = await PingedPhones.open(this.#node, ELSEWHERE, PORT);
      await this.#copyRows(phones, phones + registrations - called - 1);
    }
    const rows = Number(
      await this.#node.sql("select count(*) from location where expires > now()"),
    );
    if (rows !== registrations)
      throw new Error(`${rows} registrations instead of ${registrations}`);
  }

  async #copyRows(first: number, last: number): Promise<void> {
    const database = await this.#node.connect();
    try {
      const columns = (await database.query("SHOW COLUMNS FROM kamailio.location")).map((row) =>
        String(row["Field"]),
      );
      const likeness = { of: `u${this.size.phones >> 1}`, at: CALLEES, elsewhere: ELSEWHERE };
      for (let from = first; from <= last; from += ROWS_AT_ONCE) {
        const to = Math.min(last, from + ROWS_AT_ONCE - 1);
        await database.query(registerLike(columns, { ...likeness, first: from, last: to }));
      }
    } finally {
      await database.end();
    }
  }
}
