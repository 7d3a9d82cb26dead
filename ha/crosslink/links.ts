import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";

import type { Heartbeat, LinkName, ReceivedHeartbeat } from "../core/heartbeat.ts";
import type { Millis } from "../core/time.ts";
import type { Decoded, Refusal } from "./heartbeat.ts";
import { decode, encode, isHeartbeatText, keyOf } from "./heartbeat.ts";
import type { LinkCounters, LinkListener, LinkOptions } from "./link.ts";
import { Link } from "./link.ts";
import { ReplayWindow } from "./replay-window.ts";
import { SendTimes } from "./send-times.ts";

/** What the links tell. The first two are events of the core but for their instant; the others are for the journal. */
export type LinkFact =
  /** The newest heartbeat of the peer, once for each link that brought it or a copy of it. */
  | {
      readonly kind: "heartbeatReceived";
      readonly link: LinkName;
      readonly heartbeat: ReceivedHeartbeat;
      readonly unheardMs: Millis;
    }
  | { readonly kind: "datagramRefused"; readonly link: LinkName; readonly reason: Refusal }
  | { readonly kind: "linkBound"; readonly link: LinkName }
  /** The link cannot be used now; it binds again by itself. */
  | { readonly kind: "linkUnbound"; readonly link: LinkName; readonly reason: string };

export interface LinksOptions {
  readonly links: readonly Omit<LinkOptions, "now">[];
  readonly peer: string;
  /** Newest first: it signs, all verify. None on a node that is not paired: then nothing is sent. */
  readonly keys: readonly Buffer[];
  /** What the peer is told, until `tellDeadTime`. */
  readonly deadMs: Millis;
  readonly sharedAddressesHash: string;
  /** Version of this package. */
  readonly version: string;
  /** Milliseconds on the monotonic clock. */
  readonly now: () => number;
  readonly onFact: (fact: LinkFact) => void;
}

/** After this many turns a flood, not a queue, keeps the sockets busy. */
const DRAIN_TURNS = 64;

const SESSION_BYTES = 8;

/** All links to the peer: every heartbeat goes out on each of them, the first copy of the peer's wins. */
export class Links implements LinkListener {
  /** Random, new at each start: the peer tells a restart by it. */
  readonly session: string = randomBytes(SESSION_BYTES).toString("hex");
  readonly #options: LinksOptions;
  readonly #links: readonly Link[];
  readonly #window: ReplayWindow;
  readonly #sendTimes = new SendTimes(this.session);
  readonly #heardAt = new Map<LinkName, number>();
  #keys: readonly KeyObject[];
  #deadMs: Millis;
  #sequence = 0;
  #newest: ReceivedHeartbeat | undefined;
  /** The last datagram that was read, and what it said: the copy on the other link is equal. */
  #read: { readonly datagram: Buffer; readonly decoded: Decoded } | undefined;
  #replayed = 0;

  constructor(options: LinksOptions) {
    assert(isHeartbeatText(options.sharedAddressesHash), "the hash does not fit into a heartbeat");
    assert(isHeartbeatText(options.version), "the version does not fit into a heartbeat");
    this.#options = options;
    this.#keys = options.keys.map(keyOf);
    this.#deadMs = options.deadMs;
    this.#window = new ReplayWindow(this.session);
    this.#links = options.links.map((link) => new Link({ ...link, now: options.now }, this));
  }

  /** Binds all links: from here on facts are told. */
  open(): void {
    for (const link of this.#links) link.open();
  }

  /** Sends `heartbeat` on every link in this turn of the loop, signed, with session, sequence and echo. */
  send(heartbeat: Heartbeat): void {
    const [key] = this.#keys;
    if (key === undefined) return;
    const { sharedAddressesHash, version } = this.#options;
    this.#sequence += 1;
    const datagram = encode(
      heartbeat,
      {
        session: this.session,
        sequence: this.#sequence,
        echoSession: this.#window.session,
        echoSequence: this.#window.sequence,
        deadMs: this.#deadMs,
        sharedAddressesHash,
        version,
      },
      key,
    );
    this.#sendTimes.note(this.#sequence, this.#options.now());
    for (const link of this.#links) link.send(datagram);
  }

  /** From the next heartbeat on the peer is told another dead time; the larger of the two nodes' holds (rule 17). */
  tellDeadTime(deadMs: Millis): void {
    this.#deadMs = deadMs;
  }

  /** The keys of the pair changed: the newest first. */
  useKeys(keys: readonly Buffer[]): void {
    this.#keys = keys.map(keyOf);
    this.#read = undefined;
  }

  /** Carrier or addresses of this node changed. */
  networkChanged(): void {
    for (const link of this.#links) link.networkChanged();
  }

  /** When the peer was last heard on `link`, on the clock of the options. */
  heardAt(link: LinkName): number | undefined {
    return this.#heardAt.get(link);
  }

  counters(link: LinkName): LinkCounters | undefined {
    return this.#links.find(({ name }) => name === link)?.counters;
  }

  /** Verified datagrams that were dropped: here before, too late, or of an ended session. */
  get replayed(): number {
    return this.#replayed;
  }

  /**
   * Reads all that waits in the sockets and delivers the newest of each. For a node that wakes up
   * from a pause: it must know what the peer said meanwhile before it says anything itself.
   *
   * @returns how many datagrams were waiting
   */
  async drain(): Promise<number> {
    const before = this.#received();
    let count = before;
    for (let turn = 0; turn < DRAIN_TURNS; turn += 1) {
      // The first turn may have looked at the sockets before this call: only the second surely reads.
      await nextTurn();
      const now = this.#received();
      if (turn > 0 && now === count) break;
      count = now;
    }
    for (const link of this.#links) link.flush();
    return count - before;
  }

  close(): void {
    for (const link of this.#links) link.close();
  }

  onDatagram(link: LinkName, datagram: Buffer): void {
    const decoded = this.#decode(datagram);
    if (decoded.kind !== "heartbeat") {
      this.#options.onFact({ kind: "datagramRefused", link, reason: decoded.kind });
      return;
    }
    const at = this.#options.now();
    const admission = this.#window.admit(link, decoded.heartbeat, at);
    if (admission === "replayed") {
      this.#replayed += 1;
      return;
    }
    if (admission === "first") this.#newest = decoded.heartbeat;
    this.#heardAt.set(link, at);
    const heartbeat = this.#newest ?? decoded.heartbeat;
    const unheardMs = this.#sendTimes.unheardMs(heartbeat, at);
    this.#options.onFact({ kind: "heartbeatReceived", link, heartbeat, unheardMs });
  }

  onUp(link: LinkName): void {
    this.#options.onFact({ kind: "linkBound", link });
  }

  onDown(link: LinkName, reason: string): void {
    this.#options.onFact({ kind: "linkUnbound", link, reason });
  }

  #decode(datagram: Buffer): Decoded {
    if (this.#read?.datagram.equals(datagram) === true) return this.#read.decoded;
    const decoded = decode(datagram, this.#keys, this.#options.peer);
    this.#read = { datagram, decoded };
    return decoded;
  }

  #received(): number {
    return this.#links.reduce((sum, { counters }) => sum + counters.received, 0);
  }
}
