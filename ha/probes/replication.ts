import { asError } from "../replication/deadline.ts";
import type { StoreStatus } from "../control/contract.ts";
import type { CachePort, DatabasePort } from "../effects/ports.ts";

/** What this node asks of its stores now; undefined while its role is changing: they are let alone then. */
export type StoresWanted = "open" | "closed" | undefined;

export interface ReplicationParts {
  readonly database: Pick<DatabasePort, "tend" | "status">;
  readonly cache: Pick<CachePort, "tend" | "status">;
  readonly wanted: () => StoresWanted;
}

export interface ReplicationFacts {
  /** On the standby: both stores follow the active node. On the active node: true, it is what is followed. */
  readonly inSync: boolean;
  /** What is the matter, in one sentence for each store, or that nothing is. */
  readonly detail: string;
  readonly stores: readonly StoreStatus[];
  /** What could not be brought back in this round, for the journal. */
  readonly problems: readonly Error[];
}

const NAMES: Readonly<Record<StoreStatus["store"], string>> = { mysql: "MariaDB", redis: "Redis" };

/** A store that is not in the role this node asks of it is out of sync whatever it says of itself. */
const judged = (store: StoreStatus, wanted: StoresWanted): StoreStatus => {
  if (wanted === "open" && store.role === "replica") {
    return { ...store, inSync: false, detail: "it is not writable yet" };
  }
  if (wanted === "closed" && store.role === "source") {
    return { ...store, inSync: false, detail: "it is writable, and this node is not active" };
  }
  return store;
};

/** Both stores' status as the one fact that the core is told. */
export const replicationFacts = (
  stores: readonly StoreStatus[],
  wanted: StoresWanted,
): Omit<ReplicationFacts, "problems"> => {
  const all = stores.map((store) => judged(store, wanted));
  const faults = all.filter(({ inSync }) => !inSync);
  const said = faults.length === 0 ? all : faults;
  return {
    inSync: faults.length === 0,
    detail: said.map(({ store, detail }) => `${NAMES[store]}: ${detail}`).join("; "),
    stores: all,
  };
};

/**
 * One round, to be called every second: brings back what the role asks for, then says how the stores are.
 * It never throws because of a store: a store that does not answer is a status.
 */
export const probeReplication = async (
  parts: ReplicationParts,
  signal: AbortSignal,
): Promise<ReplicationFacts> => {
  const wanted = parts.wanted();
  const { database, cache } = parts;
  const tended =
    wanted === undefined
      ? []
      : await Promise.allSettled([database.tend(wanted, signal), cache.tend(wanted, signal)]);
  const stores = await Promise.all([database.status(), cache.status()]);
  const problems = tended.flatMap((result) =>
    result.status === "rejected" ? [asError(result.reason)] : [],
  );
  return { ...replicationFacts(stores, parts.wanted()), problems };
};
