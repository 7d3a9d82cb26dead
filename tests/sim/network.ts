import type { LinkName } from "../../ha/core/heartbeat.ts";
import type { Random } from "./random.ts";

/** Index of a node: 0 is sp1, 1 is sp2. */
export type Side = 0 | 1;

export const SIDES = [0, 1] as const;

export const across = (side: Side): Side => (side === 0 ? 1 : 0);

/** How many faults hold a thing down at once: it works again when the last of them has ended. */
export class Fault {
  #causes = 0;

  get isOn(): boolean {
    return this.#causes > 0;
  }

  /** @returns what ends it */
  begin(): () => void {
    this.#causes += 1;
    return () => {
      this.#causes -= 1;
    };
  }
}

const pair = (): readonly [Fault, Fault] => [new Fault(), new Fault()];

/** What the network is like while nothing is broken. */
export interface Weather {
  readonly loss: number;
  readonly duplicates: number;
  readonly delayMs: number;
  /** On which side of the LAN each ping node is; it matters while the LAN is split. */
  readonly pingNodes: readonly Side[];
}

/** The crosslink, the LAN and the ping nodes, as they are, whatever the nodes believe. */
export class Network {
  /** The crosslink's cable. */
  readonly crosslinkCable = new Fault();
  /** Packets of one sender vanish, on one link. */
  readonly dark: Readonly<Record<LinkName, readonly [Fault, Fault]>> = {
    crosslink: pair(),
    lan: pair(),
  };
  /** Heartbeats of one sender vanish on the LAN; everything else passes. */
  readonly filtered = pair();
  /** The cable of one node's eth0, or its port of the switch. */
  readonly lanCable = pair();
  /** Carrier is there, no packet passes to or from one node. */
  readonly blocked = pair();
  /** The LAN is in two halves, one node in each. */
  readonly split = new Fault();
  readonly pingNodeDown: readonly Fault[];
  /** Each datagram of either node is refused by the other. */
  readonly secretsDiffer = new Fault();
  /** Another machine answers ARP for the shared address. */
  readonly stranger = new Fault();
  readonly lossy = new Fault();
  readonly slow = new Fault();
  readonly weather: Weather;
  readonly #random: Random;

  constructor(weather: Weather, random: Random) {
    this.weather = weather;
    this.#random = random;
    this.pingNodeDown = weather.pingNodes.map(() => new Fault());
  }

  lanCarrier(side: Side): boolean {
    return !this.lanCable[side].isOn;
  }

  /** Both nodes could be reached by the same client, were they to hold the address. */
  get isOneSegment(): boolean {
    return (
      SIDES.every((side) => this.lanCarrier(side) && !this.blocked[side].isOn) && !this.split.isOn
    );
  }

  /** Whether the LAN carries packets from `from` to the other node, but for those that get lost by chance. */
  lanCarries(from: Side): boolean {
    return this.isOneSegment && !this.dark.lan[from].isOn;
  }

  /** Whether heartbeats of `from` can arrive on `link`, but for those that get lost by chance. */
  carries(link: LinkName, from: Side): boolean {
    return link === "crosslink"
      ? !this.crosslinkCable.isOn && !this.dark.crosslink[from].isOn
      : this.lanCarries(from) && !this.filtered[from].isOn;
  }

  /** Draws whether one packet is lost by chance. */
  loses(): boolean {
    return this.#random.chance(this.lossy.isOn ? 0.25 : this.weather.loss);
  }

  duplicates(): boolean {
    return this.#random.chance(this.weather.duplicates);
  }

  /** Draws how long one packet is on its way. */
  delayMs(): number {
    const most = this.slow.isOn ? 30 : this.weather.delayMs;
    return 0.05 + this.#random.next() * this.#random.next() * most;
  }

  /** Which ping nodes answer a node now. */
  pingNodes(side: Side): readonly boolean[] {
    const connected = this.lanCarrier(side) && !this.blocked[side].isOn;
    return this.weather.pingNodes.map(
      (at, index) =>
        connected && this.pingNodeDown[index]?.isOn !== true && (at === side || !this.split.isOn),
    );
  }

  pingNodesReached(side: Side): number {
    return this.pingNodes(side).filter((answers) => answers).length;
  }
}
