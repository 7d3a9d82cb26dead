import type { SharedAddress } from "../core/settings.ts";
import type { Announcer } from "./announce.ts";
import { parseCidr } from "./cidr.ts";
import type { Netlink } from "./netlink.ts";
import { InterfaceMissingError, NetlinkRefusedError } from "./network-errors.ts";
import type { AddressPort } from "./ports.ts";
import type { AddressChange } from "./rtnetlink.ts";
import { sideBySide } from "./side-by-side.ts";

const changeOf = (address: SharedAddress, index: number): AddressChange => {
  const { bytes, prefixLength, family } = parseCidr(address.cidr);
  // The label is how ifconfig-minded tools see the address; IPv6 addresses have none.
  const label = family === "ipv4" ? `${address.device}:0` : undefined;
  return { index, family, bytes, prefixLength, label };
};

const nameOf = ({ cidr, device }: SharedAddress): string => `${cidr} on ${device}`;

/** Moves the shared addresses over netlink, in process. */
export class NetlinkAddresses implements AddressPort {
  readonly #netlink: Netlink;
  readonly #announcer: Pick<Announcer, "say" | "start" | "stop">;
  /** Of the devices that addresses were added to: what is to be removed is asked for in the turn that decides it. */
  readonly #indexes = new Map<string, number>();

  constructor(netlink: Netlink, announcer: Pick<Announcer, "say" | "start" | "stop">) {
    this.#netlink = netlink;
    this.#announcer = announcer;
  }

  /**
   * @throws {InterfaceMissingError} when this machine has no such device
   * @throws {NetlinkRefusedError} when the kernel refuses, with its errno
   */
  async add(addresses: readonly SharedAddress[], signal: AbortSignal): Promise<void> {
    await sideBySide(addresses.map((address) => this.#addOne(address, signal)));
    signal.throwIfAborted();
    this.#announcer.start(addresses);
  }

  /** @throws {NetlinkRefusedError} when the kernel refuses, with its errno; the others are removed all the same */
  async remove(addresses: readonly SharedAddress[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#announcer.stop();
    await sideBySide(addresses.map((address) => this.#removeOne(address)));
  }

  async held(addresses: readonly SharedAddress[]): Promise<readonly SharedAddress[]> {
    const entries = await this.#netlink.addresses();
    return addresses.filter(({ cidr }) => {
      const { bytes } = parseCidr(cidr);
      return entries.some((entry) => entry.bytes.equals(bytes));
    });
  }

  announce(addresses: readonly SharedAddress[]): void {
    this.#announcer.start(addresses);
  }

  /** Announced at once: nobody waits for the other addresses. */
  async #addOne(address: SharedAddress, signal: AbortSignal): Promise<void> {
    const link = await this.#netlink.link(address.device);
    signal.throwIfAborted();
    this.#indexes.set(address.device, link.index);
    await this.#netlink.addAddress(changeOf(address, link.index), nameOf(address));
    if (!signal.aborted) this.#announcer.say(link, address);
  }

  async #removeOne(address: SharedAddress): Promise<void> {
    try {
      if (await this.#removedFrom(this.#indexes.get(address.device), address)) return;
      const { index } = await this.#netlink.link(address.device);
      await this.#netlink.removeAddress(changeOf(address, index), nameOf(address));
    } catch (error) {
      // Without its device the address is not here either.
      if (!(error instanceof InterfaceMissingError)) throw error;
    }
  }

  /** False where it is not there, also because the device has another number by now. */
  async #removedFrom(index: number | undefined, address: SharedAddress): Promise<boolean> {
    if (index === undefined) return false;
    try {
      return await this.#netlink.removeAddress(changeOf(address, index), nameOf(address));
    } catch (error) {
      if (error instanceof NetlinkRefusedError && error.errno === "ENODEV") return false;
      throw error;
    }
  }
}
