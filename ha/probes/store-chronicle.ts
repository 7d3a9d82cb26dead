import type { StoreReport, StoreStatus } from "../control/contract.ts";
import type { Instant } from "../core/time.ts";
import { remember, reportOf } from "../replication/history.ts";
import type { History } from "../replication/history.ts";
import { readIncidents, readLastCheck, readLastCopy, writeIncidents } from "./replication-files.ts";

const STORES = ["mysql", "redis"] as const;

/** How long each store has been in its state, and what was the matter with it last; the latter outlives the daemon. */
export class StoreChronicle {
  readonly #peer: string;
  readonly #now: () => Instant;
  #history: History = {};
  #told = "";

  constructor(peer: string, now: () => Instant) {
    this.#peer = peer;
    this.#now = now;
  }

  note(stores: readonly StoreStatus[]): void {
    this.#history = remember(this.#history, stores, this.#now(), new Date().toISOString());
    const incidents = STORES.map((store) => this.#history[store]?.lastIncident ?? null);
    if (incidents.every((incident) => incident === null)) return;
    const text = JSON.stringify(incidents);
    if (text === this.#told) return;
    this.#told = text;
    const old = readIncidents();
    writeIncidents(
      Object.fromEntries(STORES.map((store, index) => [store, incidents[index] ?? old[store]])),
    );
  }

  reports(): readonly StoreReport[] {
    const old = readIncidents();
    const beside = {
      peer: this.#peer,
      now: this.#now(),
      lastCopy: readLastCopy(),
    };
    return STORES.flatMap((store) => {
      const known = this.#history[store];
      if (known === undefined) return [];
      const lastIncident = known.lastIncident ?? old[store] ?? null;
      const lastCheck = readLastCheck(store);
      return [reportOf({ ...known, lastIncident }, { ...beside, lastCheck })];
    });
  }
}
