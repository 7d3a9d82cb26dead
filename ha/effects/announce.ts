import type { SharedAddress } from "../core/settings.ts";
import { parseCidr } from "./cidr.ts";
import { gratuitousArp, unsolicitedAdvertisement } from "./frames.ts";
import type { Netlink } from "./netlink.ts";
import type { PacketPort } from "./packet.ts";
import type { LinkState } from "./rtnetlink.ts";

/** A frame may be lost, and a switch or router may wake up late: said again at these times. */
const SERIES_MS = [0, 200, 1_000, 2_000, 5_000] as const;

export interface AnnouncerOptions {
  readonly netlink: Pick<Netlink, "link">;
  readonly packets: Pick<PacketPort, "sendFrame">;
  /** An announcement that could not be made: the device has gone, or the network is down. */
  readonly onFailure: (error: unknown) => void;
}

const framesOf = (link: LinkState, address: SharedAddress): readonly Buffer[] => {
  const { bytes, family } = parseCidr(address.cidr);
  return family === "ipv6"
    ? [unsolicitedAdvertisement(link.mac, bytes)]
    : [gratuitousArp(link.mac, bytes, "request"), gratuitousArp(link.mac, bytes, "reply")];
};

/** Tells the LAN that the shared addresses are here: gratuitous ARP, unsolicited neighbour advertisement. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  #timers: readonly NodeJS.Timeout[] = [];
  #series = 0;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Says once that an address is here. */
  say(link: LinkState, address: SharedAddress): void {
    for (const frame of framesOf(link, address)) this.#options.packets.sendFrame(link.index, frame);
  }

  /** Begins the series 0, 0.2, 1, 2 and 5 s; a series that was under way ends. */
  start(addresses: readonly SharedAddress[]): void {
    this.stop();
    const series = this.#series;
    this.#timers = SERIES_MS.slice(1).map((ms) =>
      setTimeout(() => void this.#announce(addresses, series), ms),
    );
    void this.#announce(addresses, series);
  }

  stop(): void {
    this.#series += 1;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }

  async #announce(addresses: readonly SharedAddress[], series: number): Promise<void> {
    const { netlink, onFailure } = this.#options;
    for (const address of addresses) {
      try {
        const link = await netlink.link(address.device);
        // The addresses may have gone while the kernel was asked.
        if (series !== this.#series) return;
        this.say(link, address);
      } catch (error) {
        onFailure(error);
      }
    }
  }
}
