import { readFileSync } from "node:fs";

import type { LinkName } from "../core/heartbeat.ts";
import type { Netlink, NetworkChange } from "../effects/netlink.ts";
import { InterfaceMissingError } from "../effects/network-errors.ts";

/**
 * How often the carrier of a device has changed, as the kernel counts it; nothing without a device.
 * Reading it takes microseconds and no lock of the network configuration.
 */
const readCarrierChanges = (device: string): string | undefined => {
  try {
    return readFileSync(`/sys/class/net/${device}/carrier_changes`, "latin1");
  } catch {
    return undefined;
  }
};

export interface CarrierProbeOptions {
  readonly devices: Readonly<Record<LinkName, string>>;
  readonly netlink: Pick<Netlink, "link" | "watch">;
  /** Once for each link at the start, then at each change. A device that is missing has no carrier. */
  readonly onCarrier: (link: LinkName, up: boolean) => void;
  /** Links or addresses of this node changed in some way. */
  readonly onNetworkChanged: () => void;
  /**
   * The kernel tells of a change within milliseconds, but of the second one within a second only at
   * the end of it: hence a look at the counters, too.
   */
  readonly pollMs?: number;
  readonly readChanges?: (device: string) => string | undefined;
}

interface Watched {
  readonly link: LinkName;
  readonly device: string;
  up: boolean | undefined;
  changes: string | undefined;
  /** Counts what the kernel told: an answer to a question from before is stale. */
  told: number;
}

const POLL_MS = 50;

/** Tells the carrier of the crosslink and the LAN device. */
export class CarrierProbe {
  readonly #options: CarrierProbeOptions;
  readonly #watched: readonly Watched[];
  #unwatch: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CarrierProbeOptions) {
    this.#options = options;
    const { crosslink, lan } = options.devices;
    const watch = (link: LinkName, device: string): Watched => ({
      link,
      device,
      up: undefined,
      changes: undefined,
      told: 0,
    });
    this.#watched = [watch("crosslink", crosslink), watch("lan", lan)];
  }

  start(): void {
    this.#unwatch = this.#options.netlink.watch((change) => this.#onChange(change));
    this.#timer = setInterval(() => this.#poll(), this.#options.pollMs ?? POLL_MS);
    const read = this.#options.readChanges ?? readCarrierChanges;
    for (const watched of this.#watched) {
      watched.changes = read(watched.device);
      void this.#look(watched);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#unwatch?.();
  }

  #onChange(change: NetworkChange): void {
    if (change.kind === "linkChanged") this.#tell(change.link.device, change.link.carrier);
    if (change.kind === "linkRemoved") this.#tell(change.device, false);
    if (change.kind === "changesLost")
      for (const watched of this.#watched) void this.#look(watched);
    this.#options.onNetworkChanged();
  }

  #tell(device: string, up: boolean): void {
    for (const watched of this.#watched) {
      if (watched.device !== device) continue;
      watched.told += 1;
      this.#set(watched, up);
    }
  }

  #set(watched: Watched, up: boolean): void {
    if (watched.up === up) return;
    watched.up = up;
    this.#options.onCarrier(watched.link, up);
  }

  #poll(): void {
    const read = this.#options.readChanges ?? readCarrierChanges;
    for (const watched of this.#watched) {
      const changes = read(watched.device);
      if (changes === watched.changes) continue;
      watched.changes = changes;
      void this.#look(watched);
    }
  }

  async #look(watched: Watched): Promise<void> {
    for (;;) {
      const { told } = watched;
      const up = await this.#carrierOf(watched);
      if (up === undefined) return;
      if (told === watched.told) {
        this.#set(watched, up);
        return;
      }
    }
  }

  /** Nothing when the kernel does not say: then what it said last stands. */
  async #carrierOf({ device }: Watched): Promise<boolean | undefined> {
    try {
      return (await this.#options.netlink.link(device)).carrier;
    } catch (error) {
      return error instanceof InterfaceMissingError ? false : undefined;
    }
  }
}
