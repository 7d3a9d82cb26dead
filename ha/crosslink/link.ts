import type { RemoteInfo, Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";

import type { LinkName } from "../core/heartbeat.ts";

export interface LinkOptions {
  readonly name: LinkName;
  /** The node's own address on the device of this link: it names the device, too. */
  readonly address: string;
  readonly peerAddress: string;
  /** The same port on both nodes. */
  readonly port: number;
  /**
   * Takes datagrams from any sender. For a cable that only the peer is at the other end of: there
   * a datagram nobody understands still says that somebody is alive. Elsewhere the sender must be
   * `peerAddress`, so that a stranger cannot push the peer's datagrams aside.
   */
  readonly anySender: boolean;
  /**
   * Receive buffer in bytes; the system's default where absent. A full buffer drops what is
   * newest, so it should hold the datagrams of the longest pause that matters: the usual
   * 208 KiB hold 10 s of heartbeats every 50 ms.
   */
  readonly receiveBufferBytes?: number;
  /** Milliseconds on the monotonic clock. */
  readonly now: () => number;
}

export interface LinkListener {
  /** The newest datagram of one turn of the event loop, or of a whole queue that takes several turns to read. */
  onDatagram(link: LinkName, datagram: Buffer): void;
  onUp(link: LinkName): void;
  /** @param reason an errno such as `EADDRNOTAVAIL` */
  onDown(link: LinkName, reason: string): void;
}

/** What happened on a link since it was opened. */
export interface LinkCounters {
  sent: number;
  /** Datagrams that could not be sent, by errno (`ENETUNREACH`, `EPERM`...). */
  readonly sendErrors: Map<string, number>;
  received: number;
  /** Datagrams that gave way to a newer one of the same loop turn. */
  superseded: number;
  /** Datagrams of other senders. */
  ignored: number;
}

const REBIND_MS = 1_000;
/** Node reads this many datagrams of one socket in one turn; when there were so many, there may be more. */
const READ_IN_TURN = 32;
/** After this many turns a flood, not a queue, keeps the socket busy. */
const FULL_TURNS = 16;

const errnoOf = (error: Error): string =>
  "code" in error && typeof error.code === "string" ? error.code : error.message;

/**
 * One UDP link to the peer, bound to the node's own address of one device. Nothing here throws:
 * an address that is not there yet, a network that cannot be reached are facts. A link without its
 * address binds as soon as `networkChanged` is called, and once a second while it is used.
 */
export class Link {
  readonly name: LinkName;
  readonly counters: LinkCounters = {
    sent: 0,
    sendErrors: new Map(),
    received: 0,
    superseded: 0,
    ignored: 0,
  };
  readonly #options: LinkOptions;
  readonly #listener: LinkListener;
  #socket: Socket | undefined;
  #bound = false;
  #closed = false;
  #triedAt = -Infinity;
  #down: string | undefined;
  #newest: Buffer | undefined;
  #inTurn = 0;
  #fullTurns = 0;

  constructor(options: LinkOptions, listener: LinkListener) {
    this.name = options.name;
    this.#options = options;
    this.#listener = listener;
  }

  /** Binds; what comes of it is told to the listener, possibly before this returns. */
  open(): void {
    if (this.#socket === undefined && !this.#closed) this.#bind();
  }

  get bound(): boolean {
    return this.#bound;
  }

  send(datagram: Buffer): void {
    const { port, peerAddress, now } = this.#options;
    if (this.#socket !== undefined && this.#bound) {
      this.#socket.send(datagram, port, peerAddress, this.#onSent);
    } else if (now() - this.#triedAt >= REBIND_MS) {
      this.open();
    }
  }

  /** Carrier or addresses of this node changed: an address that was missing may be there now. */
  networkChanged(): void {
    this.open();
  }

  /** Delivers now what waits to be delivered at the end of this turn. */
  flush(): void {
    const datagram = this.#newest;
    this.#fullTurns = 0;
    this.#newest = undefined;
    if (datagram !== undefined) this.#listener.onDatagram(this.name, datagram);
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #bind(): void {
    const { address, port, receiveBufferBytes, now } = this.#options;
    const family = isIPv6(address) ? 6 : 4;
    this.#triedAt = now();
    const socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      // Addresses are literal: resolving them would only put the datagram off to a later turn.
      lookup: (literal, _options, done) => done(null, literal, family),
      ...(receiveBufferBytes === undefined ? {} : { recvBufferSize: receiveBufferBytes }),
    });
    this.#socket = socket;
    socket.on("message", this.#onMessage);
    socket.on("listening", () => this.#onBound());
    socket.on("error", (error) => this.#onError(socket, error));
    socket.bind({ address, port, exclusive: true });
  }

  #onBound(): void {
    if (this.#closed) return;
    this.#bound = true;
    this.#down = undefined;
    this.#listener.onUp(this.name);
  }

  #onError(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return;
    this.#drop();
    const reason = errnoOf(error);
    if (reason === this.#down) return;
    this.#down = reason;
    this.#listener.onDown(this.name, reason);
  }

  #drop(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#bound = false;
    this.#newest = undefined;
    this.#inTurn = 0;
  }

  readonly #onSent = (error: Error | null): void => {
    if (error === null) {
      this.counters.sent += 1;
      return;
    }
    const { sendErrors } = this.counters;
    const errno = errnoOf(error);
    sendErrors.set(errno, (sendErrors.get(errno) ?? 0) + 1);
  };

  readonly #onMessage = (datagram: Buffer, sender: RemoteInfo): void => {
    if (!this.#options.anySender && sender.address !== this.#options.peerAddress) {
      this.counters.ignored += 1;
      return;
    }
    this.counters.received += 1;
    if (this.#newest === undefined) setImmediate(this.#deliver);
    else this.counters.superseded += 1;
    this.#newest = datagram;
    this.#inTurn += 1;
  };

  readonly #deliver = (): void => {
    if (this.#newest === undefined) return;
    const mayBeMore = this.#inTurn >= READ_IN_TURN && this.#fullTurns < FULL_TURNS;
    this.#inTurn = 0;
    if (!mayBeMore) {
      this.flush();
      return;
    }
    this.#fullTurns += 1;
    setImmediate(this.#deliver);
  };
}
