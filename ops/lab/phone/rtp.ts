import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { nowMs } from "./clock.ts";
import type { MediaAddress, MediaEnd } from "./sdp.ts";
import { SrtpDirection, newMasterKey } from "./srtp.ts";

const PACKET_MS = 20;
const SAMPLES = 160;
const HEADER_BYTES = 12;
const LOWEST_PORT = 20000;
const HIGHEST_PORT = 29998;

/** What one direction of a stream looked like at this end since the last `mark`. Times are monotonic milliseconds. */
export interface RtpReport {
  readonly local: MediaAddress;
  readonly remote: MediaAddress | null;
  readonly sent: number;
  readonly received: number;
  /** Sequence numbers between the first and the last packet that never came. */
  readonly lost: number;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
  /** The longest time without a packet, the time since the last one included. */
  readonly largestGapMs: number;
  readonly largestGapFromMs: number | null;
  /** Where packets came from, as `address:port`. */
  readonly sources: readonly string[];
}

interface Reception {
  markedAtMs: number;
  sent: number;
  received: number;
  firstAtMs: number | null;
  lastAtMs: number | null;
  gapMs: number;
  gapFromMs: number | null;
  firstSequence: number;
  highestSequence: number;
  readonly sources: Set<string>;
}

const addressOf = ({ address, port }: MediaEnd): MediaAddress => ({ address, port });

const nothingReceived = (atMs: number): Reception => ({
  markedAtMs: atMs,
  sent: 0,
  received: 0,
  firstAtMs: null,
  lastAtMs: null,
  gapMs: 0,
  gapFromMs: null,
  firstSequence: 0,
  highestSequence: 0,
  sources: new Set(),
});

/** The sequence number near `reference` that `low` are the lowest 16 bits of. */
const extendSequence = (low: number, reference: number): number => {
  const difference = ((low - reference + 0x8000) & 0xffff) - 0x8000;
  return reference + difference;
};

/** One G.711 stream: sends a packet of silence every 20 ms and remembers how the other side's packets came in. */
export class RtpStream {
  readonly #socket: Socket;
  readonly #local: MediaEnd;
  readonly #outgoing: SrtpDirection | undefined;
  /** What the other side sends with, when this end speaks SRTP and it has said so. */
  #incoming: { readonly key: string; readonly direction: SrtpDirection } | undefined;
  readonly #packet = Buffer.alloc(HEADER_BYTES + SAMPLES, 0xd5);
  #remote: MediaEnd | undefined;
  #reception = nothingReceived(nowMs());
  #timer: NodeJS.Timeout | undefined;
  #startedMs = 0;
  #tick = 0;

  private constructor(socket: Socket, local: MediaEnd) {
    this.#socket = socket;
    this.#local = local;
    this.#outgoing = local.key === undefined ? undefined : new SrtpDirection(local.key);
    this.#packet.writeUInt16BE(0x8008, 0);
    this.#packet.writeUInt32BE(local.port, 8);
    socket.on("message", (packet, from) => this.#receive(packet, from));
    // A target that is gone for the moment answers with ICMP; the stream goes on.
    socket.on("error", () => undefined);
  }

  /** Binds an even port of `address`. With `secure` it speaks SRTP, and counts only what was protected with the other side's key. */
  static async open(address: string, secure = false): Promise<RtpStream> {
    const secured = secure ? { key: newMasterKey() } : {};
    for (let port = LOWEST_PORT; port <= HIGHEST_PORT; port += 2) {
      const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
      try {
        socket.bind(port, address);
        await once(socket, "listening");
        return new RtpStream(socket, { address, port, ...secured });
      } catch (error) {
        socket.close();
        if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE"))
          throw error;
      }
    }
    throw new Error(`no RTP port of ${address} is free`);
  }

  get local(): MediaEnd {
    return this.#local;
  }

  /** Starts sending, or sends to another place from now on. */
  sendTo(remote: MediaEnd): void {
    this.#remote = remote;
    this.#listenWith(remote.key);
    if (this.#timer !== undefined) return;
    this.#startedMs = nowMs();
    this.#tick = 0;
    this.mark();
    this.#send();
  }

  /** Forgets what was received, so that the next report tells of what comes from now on. */
  mark(): void {
    this.#reception = nothingReceived(nowMs());
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  report(): RtpReport {
    const r = this.#reception;
    const openFromMs = r.lastAtMs ?? r.markedAtMs;
    const openGapMs = nowMs() - openFromMs;
    const expected = r.received === 0 ? 0 : r.highestSequence - r.firstSequence + 1;
    return {
      local: addressOf(this.#local),
      remote: this.#remote === undefined ? null : addressOf(this.#remote),
      sent: r.sent,
      received: r.received,
      lost: Math.max(0, expected - r.received),
      firstAtMs: r.firstAtMs,
      lastAtMs: r.lastAtMs,
      largestGapMs: Math.max(r.gapMs, openGapMs),
      largestGapFromMs: openGapMs > r.gapMs ? openFromMs : r.gapFromMs,
      sources: [...r.sources],
    };
  }

  #send(): void {
    const remote = this.#remote;
    if (remote === undefined) return;
    this.#packet.writeUInt16BE(this.#tick & 0xffff, 2);
    this.#packet.writeUInt32BE((this.#tick * SAMPLES) >>> 0, 4);
    const packet = this.#outgoing?.protect(this.#packet) ?? Buffer.from(this.#packet);
    this.#socket.send(packet, remote.port, remote.address, () => undefined);
    this.#reception.sent += 1;
    // A process that was held up goes on in step instead of sending all at once.
    const elapsed = Math.floor((nowMs() - this.#startedMs) / PACKET_MS);
    this.#tick = Math.max(this.#tick + 1, elapsed);
    const dueMs = this.#startedMs + this.#tick * PACKET_MS - nowMs();
    this.#timer = setTimeout(() => this.#send(), Math.max(0, dueMs));
  }

  /** An offer that comes again has the same key, and its stream goes on. */
  #listenWith(key: string | undefined): void {
    if (key === undefined) this.#incoming = undefined;
    else if (key !== this.#incoming?.key)
      this.#incoming = { key, direction: new SrtpDirection(key) };
  }

  /** Whether the packet is one of this stream: with SRTP, one that the other side's key has protected. */
  #isOurs(packet: Buffer): boolean {
    if (this.#outgoing === undefined) return true;
    return this.#incoming?.direction.unprotect(packet) !== undefined;
  }

  #receive(packet: Buffer, from: RemoteInfo): void {
    if (packet.length < HEADER_BYTES || packet.readUInt8(0) >> 6 !== 2) return;
    if (!this.#isOurs(packet)) return;
    const atMs = nowMs();
    const r = this.#reception;
    const low = packet.readUInt16BE(2);
    if (r.received === 0) {
      r.firstAtMs = atMs;
      r.firstSequence = low;
      r.highestSequence = low;
    }
    const gapMs = atMs - (r.lastAtMs ?? r.markedAtMs);
    if (gapMs > r.gapMs) {
      r.gapMs = gapMs;
      r.gapFromMs = r.lastAtMs ?? r.markedAtMs;
    }
    r.highestSequence = Math.max(r.highestSequence, extendSequence(low, r.highestSequence));
    r.lastAtMs = atMs;
    r.received += 1;
    r.sources.add(`${from.address}:${from.port}`);
  }
}
