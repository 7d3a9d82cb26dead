import type { KeyObject } from "node:crypto";
import { keyOf } from "./heartbeat.ts";
import type { LinkListener, LinkOptions } from "./link.ts";
import { Link } from "./link.ts";
import { decodeReport, encodeReport } from "./report.ts";
import type { Report } from "./report.ts";

export interface ReportsOptions {
  readonly link: LinkOptions;
  /** Newest first: it signs, all verify. None on a node that is not paired: then nothing is sent. */
  readonly keys: readonly Buffer[];
  /** Of this node's heartbeats. */
  readonly session: string;
  /** Of the peer's newest heartbeat; undefined before it was heard. */
  readonly peerSession: () => string | undefined;
}

interface HeardReport {
  readonly text: string;
  /** On the clock of the link. */
  readonly at: number;
}

/** What the nodes tell each other for people to read: a datagram that is lost is made up for by the next one. */
export class Reports implements LinkListener {
  readonly #options: ReportsOptions;
  readonly #keys: readonly KeyObject[];
  readonly #link: Link;
  #sequence = 0;
  #newest: Pick<Report, "session" | "sequence"> | undefined;
  #heard: HeardReport | undefined;

  constructor(options: ReportsOptions) {
    this.#options = options;
    this.#keys = options.keys.map(keyOf);
    this.#link = new Link(options.link, this);
  }

  open(): void {
    this.#link.open();
  }

  close(): void {
    this.#link.close();
  }

  /** The peer's newest; undefined before the first. */
  get heard(): HeardReport | undefined {
    return this.#heard;
  }

  /** @returns false where the text is too long to be told */
  tell(text: string): boolean {
    const [key] = this.#keys;
    if (key === undefined) return true;
    this.#sequence += 1;
    const { session } = this.#options;
    const datagram = encodeReport({ session, sequence: this.#sequence, text }, key);
    if (datagram === undefined) return false;
    this.#link.send(datagram);
    return true;
  }

  /** Heartbeats of an ended session are not let in, so nor is a report of one that somebody has kept. */
  onDatagram(_link: string, datagram: Buffer): void {
    const report = decodeReport(datagram, this.#keys);
    if (report === undefined || report.session !== this.#options.peerSession()) return;
    const { session, sequence, text } = report;
    if (session === this.#newest?.session && sequence <= this.#newest.sequence) return;
    this.#newest = { session, sequence };
    this.#heard = { text, at: this.#options.link.now() };
  }

  /** The link of the heartbeats has the same device, and tells of it. */
  onUp(): void {
    // Nothing to add.
  }

  onDown(): void {
    // Nothing to add.
  }
}
