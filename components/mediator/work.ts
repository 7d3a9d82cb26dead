import { setTimeout as pause } from "node:timers/promises";
import { expectRevision, expectWritable } from "../../appliance/database/client.ts";
import type { Database } from "../../appliance/database/client.ts";
import { NotWritableError, SchemaOlderError } from "../../appliance/database/errors.ts";
import { ledgerOf } from "./ledger.ts";
import { Passes } from "./pass.ts";
import type { Passed, PassSettings } from "./pass.ts";

/** The revision of the tables that brought what a record says of the parties. */
export const NEEDED_REVISION = 20;

const POLL_MS = 1_000;
const OVERDUE_EVERY_MS = 10_000;

export interface Work {
  readonly database: Database;
  readonly node: string;
  /** Asked at each look, so a change of config.yml needs no restart. */
  readonly settings: () => PassSettings;
  /** Milliseconds since 1970: the clock that the records carry. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly elapsed: () => number;
  readonly say: (sentence: string) => void;
  /** Told after each look at the database. */
  readonly alive: () => void;
}

/** Looks for work as long as this node's database is the one that is written to. */
export class Mediator {
  readonly #work: Work;
  #passes: Passes | undefined;
  #overdueAt = 0;
  #waitsFor = "";

  constructor(work: Work) {
    this.#work = work;
  }

  /** @throws {ApplianceError} what MariaDB answered, or that it is silent; whoever starts again loses nothing */
  async run(): Promise<never> {
    for (;;) {
      await this.#look();
      this.#work.alive();
      await pause(POLL_MS);
    }
  }

  async #look(): Promise<void> {
    const { database, node, say } = this.#work;
    try {
      await expectWritable(database, node);
      if (this.#passes === undefined || this.#waitsFor !== "") await this.#begin();
      await this.#pass();
    } catch (error) {
      const waits = error instanceof NotWritableError || error instanceof SchemaOlderError;
      if (!waits) throw error;
      if (this.#waitsFor !== error.message) say(`waits: ${error.message}`);
      this.#waitsFor = error.message;
    }
  }

  /** What was remembered of the time before is not relied on: the peer may have been active meanwhile. */
  async #begin(): Promise<void> {
    const { database, settings, say } = this.#work;
    await expectRevision(database, NEEDED_REVISION);
    this.#passes = new Passes(ledgerOf(database), settings);
    this.#overdueAt = this.#work.elapsed();
    this.#waitsFor = "";
    say("writes call detail records");
  }

  async #pass(): Promise<void> {
    if (this.#passes === undefined) return;
    this.#report(await this.#passes.ended(this.#work.now()));
    if (this.#work.elapsed() < this.#overdueAt) return;
    this.#overdueAt = this.#work.elapsed() + OVERDUE_EVERY_MS;
    this.#report(await this.#passes.overdue(this.#work.now()));
  }

  #report({ closed, stray }: Passed): void {
    if (closed > 0)
      this.#work.say(`${closed} calls closed by rule: see ngcp-cdr show --ended-by no_dialog`);
    if (stray > 0) this.#work.say(`${stray} records belong to no call: see accounting.acc_trash`);
  }
}
