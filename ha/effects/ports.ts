import type { StoreStatus } from "../control/contract.ts";
import type { SharedAddress } from "../core/settings.ts";

/**
 * The ports that steps are carried out through. An adapter never retries: trying again is a decision,
 * and decisions are the core's. Each throws an ApplianceError; each gives up when its signal fires.
 */
export interface AddressPort {
  /** Adds and announces every address; one that is already there is success. 1 to 6 ms for one. */
  add(addresses: readonly SharedAddress[], signal: AbortSignal): Promise<void>;
  /** Removes every address; one that is not there is success. */
  remove(addresses: readonly SharedAddress[], signal: AbortSignal): Promise<void>;
  /** Which of `addresses` this kernel holds now. */
  held(addresses: readonly SharedAddress[]): Promise<readonly SharedAddress[]>;
  /** Gratuitous ARP and unsolicited neighbour advertisement, now and after 0.2, 1, 2 and 5 s; a newer call or `remove` ends the series. */
  announce(addresses: readonly SharedAddress[]): void;
}

export interface NeighbourPort {
  /**
   * Asks the LAN whether another machine answers for `address`.
   *
   * @returns true when somebody answered within `waitMs`
   */
  answers(address: SharedAddress, waitMs: number): Promise<boolean>;
}

export interface DatabasePort {
  /** Semi-sync off for the dead peer, relay log drained, then writable. */
  open(signal: AbortSignal): Promise<void>;
  /** Read-only; where MariaDB is not running that is so already. `tend` sees to replication. */
  close(signal: AbortSignal): Promise<void>;
  /**
   * Called every second with what this node's role asks for. Brings back what a restart of MariaDB on either
   * node or a cut of the crosslink has undone: writable or read-only, replication threads, semi-sync. Gives way
   * to `open` and `close`. The first call may take seconds.
   */
  tend(wanted: "open" | "closed", signal: AbortSignal): Promise<void>;
  /** For an active node whose peer fell silent: commits stop waiting for it. `tend` lets them wait again. */
  stopWaitingForPeer(signal: AbortSignal): Promise<void>;
  status(): Promise<StoreStatus>;
  /** `select 1`, from a connection of its own. */
  ping(timeoutMs: number): Promise<void>;
  end(): Promise<void>;
}

export interface CachePort {
  /** REPLICAOF NO ONE, and waits until the role really is master. */
  open(signal: AbortSignal): Promise<void>;
  /** Replica of the peer; writes are refused from then on. Where Redis is not running that is so already. */
  close(signal: AbortSignal): Promise<void>;
  /** Called every second with what this node's role asks for: a Redis that restarted is a replica again. */
  tend(wanted: "open" | "closed", signal: AbortSignal): Promise<void>;
  status(): Promise<StoreStatus>;
  ping(timeoutMs: number): Promise<void>;
  end(): Promise<void>;
}

export type UnitState = "active" | "activating" | "inactive" | "failed" | "deactivating";

export interface UnitsPort {
  /** Asks systemd and returns at once: `systemctl start --no-block`. */
  start(units: readonly string[], signal: AbortSignal): Promise<void>;
  /** Waits until they are stopped. */
  stop(units: readonly string[], signal: AbortSignal): Promise<void>;
  /** Asks systemd and returns at once. */
  beginStop(units: readonly string[], signal: AbortSignal): Promise<void>;
  restart(units: readonly string[], signal: AbortSignal): Promise<void>;
  /** SIGKILL to their main processes; a unit with `Restart=on-failure` starts again. */
  kill(units: readonly string[], signal: AbortSignal): Promise<void>;
  states(units: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, UnitState>>;
}
