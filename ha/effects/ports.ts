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
  /** Read-only, replicating from the peer as soon as it answers. */
  close(signal: AbortSignal): Promise<void>;
  /** The standby fell silent: semi-sync off until it replicates again. */
  stopWaitingForPeer(signal: AbortSignal): Promise<void>;
  status(): Promise<StoreStatus>;
  /** `select 1`, from a connection of its own. */
  ping(timeoutMs: number): Promise<void>;
  end(): Promise<void>;
}

export interface CachePort {
  /** REPLICAOF NO ONE, and waits until the role really is master. */
  open(signal: AbortSignal): Promise<void>;
  /** Replica of the peer; writes are refused from then on. */
  close(signal: AbortSignal): Promise<void>;
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
  restart(units: readonly string[], signal: AbortSignal): Promise<void>;
  states(units: readonly string[]): Promise<ReadonlyMap<string, UnitState>>;
}
