import type { SharedAddress } from "../core/settings.ts";
import { parseCidr } from "./cidr.ts";
import type { Netlink } from "./netlink.ts";
import type { NeighbourPort } from "./ports.ts";
import type { NeighbourEntry, NeighbourQuery } from "./rtnetlink.ts";
import { NEIGHBOUR } from "./rtnetlink.ts";

/** Between two questions of the kernel; it asks three times before it gives up. */
const RETRANSMIT_MS = 50;

/** @returns what an entry says about the address asked for; nothing while it is open */
const verdictOf = (entry: NeighbourEntry, query: NeighbourQuery): boolean | undefined => {
  if (entry.index !== query.index || !entry.bytes.equals(query.bytes)) return undefined;
  if ((entry.state & NEIGHBOUR.valid) !== 0) return true;
  return (entry.state & NEIGHBOUR.failed) !== 0 ? false : undefined;
};

/**
 * Asks the LAN for the holder of an address through the kernel's own neighbour probes (ARP and
 * neighbour discovery): three questions 50 ms apart, and the first answer ends the wait.
 */
export class KernelNeighbours implements NeighbourPort {
  readonly #netlink: Netlink;
  readonly #prepared = new Set<string>();

  constructor(netlink: Netlink) {
    this.#netlink = netlink;
  }

  /**
   * An IPv4 address that this kernel holds itself is asked for all the same: the kernel sends its
   * questions from another address of the device, and only another machine can answer them. For an
   * IPv6 address of its own it asks nobody: false.
   *
   * @throws {InterfaceMissingError} when this machine has no such device
   */
  async answers(address: SharedAddress, waitMs: number): Promise<boolean> {
    const { bytes, family } = parseCidr(address.cidr);
    if (family === "ipv6" && (await this.#holds(bytes))) return false;
    const { index } = await this.#netlink.link(address.device);
    const query: NeighbourQuery = { index, family, bytes };
    await this.#prepare(query);
    return this.#ask(query, waitMs);
  }

  async #holds(bytes: Buffer): Promise<boolean> {
    const entries = await this.#netlink.addresses();
    return entries.some((entry) => entry.bytes.equals(bytes));
  }

  /** Once for each device and family; a device that was made anew has a new index. */
  async #prepare({ index, family }: NeighbourQuery): Promise<void> {
    const key = `${family} ${index}`;
    if (this.#prepared.has(key)) return;
    await this.#netlink.setRetransmitTime(family, index, RETRANSMIT_MS);
    this.#prepared.add(key);
  }

  async #ask(query: NeighbourQuery, waitMs: number): Promise<boolean> {
    // Forgetting tells the watchers "failed", which is no answer: it comes before the watching.
    await this.#netlink.forgetNeighbour(query);
    let timer: NodeJS.Timeout | undefined;
    let unwatch: (() => void) | undefined;
    const verdict = new Promise<boolean | undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), waitMs);
      unwatch = this.#netlink.watchNeighbours((entry) => {
        const found = verdictOf(entry, query);
        if (found !== undefined) resolve(found);
      });
    });
    try {
      await this.#netlink.useNeighbour(query);
      return (await verdict) ?? (await this.#isKnown(query));
    } finally {
      clearTimeout(timer);
      unwatch?.();
    }
  }

  /** For an answer that came between the forgetting and the watching. */
  async #isKnown(query: NeighbourQuery): Promise<boolean> {
    const entry = await this.#netlink.neighbour(query);
    return entry !== undefined && verdictOf(entry, query) === true;
  }
}
