import { closeSync, openSync, readSync } from "node:fs";

import type { LinkName } from "../core/heartbeat.ts";
import type { Netlink, NetworkChange } from "../effects/netlink.ts";
import { InterfaceMissingError } from "../effects/network-errors.ts";
import type { Every } from "../rounds.ts";

/**
 * Reads how often the carrier of a device has changed, as the kernel counts it; nothing without a
 * device. The file stays open: that makes a look a matter of microseconds, and this one takes no
 * lock of the network configuration.
 */
const carrierCounter = (device: string): (() => string | undefined) => {
  const digits = Buffer.alloc(24);
  let file: number | undefined;
  return () => {
    try {
      file ??= openSync(`/sys/class/net/${device}/carrier_changes`, "r");
      return digits.toString("latin1", 0, readSync(file, digits, 0, digits.length, 0));
    } catch {
      if (file !== undefined) closeSync(file);
      file = undefined;
      return undefined;
    }
  };
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
  readonly every: Every;
  readonly counterOf?: (device: string) => () => string | undefined;
}

interface Watched {
  readonly link: LinkName;
  readonly device: string;
  readonly readChanges: () => string | undefined;
  up: boolean | undefined;
  changes: string | undefined;
  /** Counts what the kernel told: an answer to a question from before is stale. */
  told: number;
}

const POLL_MS = 100;

/** Tells the carrier of the crosslink and the LAN device. */
export class CarrierProbe {
  readonly #options: CarrierProbeOptions;
  readonly #watched: readonly Watched[];
  readonly #ends: (() => void)[] = [];

  constructor(options: CarrierProbeOptions) {
    this.#options = options;
    const { devices, counterOf = carrierCounter } = options;
    const watch = (link: LinkName, device: string): Watched => ({
      link,
      device,
      readChanges: counterOf(device),
      up: undefined,
      changes: undefined,
      told: 0,
    });
    this.#watched = [watch("crosslink", devices.crosslink), watch("lan", devices.lan)];
  }

  start(): void {
    const { netlink, every } = this.#options;
    this.#ends.push(
      netlink.watch((change) => this.#onChange(change)),
      every(POLL_MS, () => this.#poll()),
    );
    for (const watched of this.#watched) {
      watched.changes = watched.readChanges();
      void this.#look(watched);
    }
  }

  stop(): void {
    for (const end of this.#ends.splice(0)) end();
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
    for (const watched of this.#watched) {
      const changes = watched.readChanges();
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
