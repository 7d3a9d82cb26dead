import type { RemoteInfo, Socket, SocketOptions } from "node:dgram";
import { createSocket } from "node:dgram";
import { isIP, isIPv6 } from "node:net";
import { randomBytes } from "node:crypto";
import { ApplianceError } from "../../appliance/errors.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import { serialize } from "./sip/serialize.ts";
import { TransactionLayer } from "./sip/transaction-layer.ts";
import type { LayerOutput } from "./sip/transaction-layer.ts";
import type { TimerSettings } from "./sip/timers.ts";
import type { Endpoint } from "./sip/via.ts";

/** What the transaction layer tells the core. */
export type CoreInput = Exclude<LayerOutput, { readonly kind: "send" }>;

/** What sits above the transactions ("transaction user"). It is called synchronously and never throws. */
export interface Core {
  /** @param nowMs milliseconds of the monotonic clock */
  receive(input: CoreInput, nowMs: number): void;
  /** When `advance` is to be called next, on the same clock; `Infinity` for never. */
  readonly deadline: number;
  advance(nowMs: number): void;
}

export interface TransportOptions {
  /** An address of this machine, or one that it will have (`ip_nonlocal_bind`). */
  readonly address: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly timers: TimerSettings;
}

export class SipSocketError extends ApplianceError {
  override readonly name = "SipSocketError";
  readonly code = "NGCP_SBC_SOCKET";

  constructor(
    { address, port }: Endpoint,
    reason: string,
    { protocol = "UDP", ...options }: ErrorOptions & { readonly protocol?: "TCP" | "UDP" } = {},
  ) {
    super(`${protocol} ${address} port ${port} cannot be opened: ${reason}`, options);
  }
}

/** Holds the bursts after a takeover; the kernel gives what net.core.rmem_max allows. */
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;
/** What setTimeout can wait. */
const LONGEST_WAIT_MS = 2_147_483_647;
const TAG_BYTES = 8;
/** Asking the kernel for each tag would take as long as parsing a message does. */
const POOL_BYTES = 8_192;

/** Random bytes, handed out once each. */
const makePool = (): (() => string) => {
  let pool = randomBytes(POOL_BYTES);
  let used = 0;
  return () => {
    if (used === POOL_BYTES) [pool, used] = [randomBytes(POOL_BYTES), 0];
    used += TAG_BYTES;
    return pool.toString("hex", used - TAG_BYTES, used);
  };
};

/** Tags and branches: 64 bits that nobody can guess. */
export const randomToken = makePool();

/** Where messages go are addresses already: no resolver is asked, and no turn of the event loop is waited for. */
const resolved: NonNullable<SocketOptions["lookup"]> = (address, _options, callback) => {
  callback(null, address, isIP(address));
};

/** The one owner of a socket: UDP below, the transactions and the core above, one timer for all of them. */
export class Transport {
  readonly local: Endpoint;
  /** What the kernel gave of the receive buffer. */
  readonly receiveBufferBytes: number;
  readonly #socket: Socket;
  readonly #layer: TransactionLayer;
  readonly #core: Core;
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Infinity;
  #closed = false;

  private constructor(
    socket: Socket,
    layer: TransactionLayer,
    core: (transport: Transport) => Core,
  ) {
    this.#socket = socket;
    this.#layer = layer;
    this.local = socket.address();
    this.receiveBufferBytes = socket.getRecvBufferSize();
    this.#core = core(this);
    socket.on("message", (bytes: Buffer, from: RemoteInfo) => this.#onDatagram(bytes, from));
  }

  /**
   * Binds the socket, and hands what comes to the core that `core` makes.
   *
   * @throws {SipSocketError} when the address cannot be bound
   */
  static open(
    { address, port, timers }: TransportOptions,
    core: (transport: Transport) => Core,
  ): Promise<Transport> {
    const type = isIPv6(address) ? "udp6" : "udp4";
    const socket = createSocket({
      type,
      recvBufferSize: RECEIVE_BUFFER_BYTES,
      lookup: resolved,
    });
    return new Promise((resolve, reject) => {
      // Later errors are of single datagrams that came; the socket goes on.
      socket.on("error", (error) => {
        reject(new SipSocketError({ address, port }, error.message, { cause: error }));
      });
      socket.bind({ address, port }, () => {
        resolve(new Transport(socket, new TransactionLayer(timers, randomToken), core));
      });
    });
  }

  get transactions(): TransactionLayer {
    return this.#layer;
  }

  /** Milliseconds of the monotonic clock that all deadlines are on. */
  now(): number {
    return performance.now();
  }

  /** Sends a request over a transaction of its own. */
  request(request: SipRequest, target: Endpoint): void {
    this.#perform(this.#layer.request(request, target, this.now()));
  }

  /** Answers a request over its transaction. */
  respond(key: string, response: SipResponse): void {
    this.#perform(this.#layer.respond(key, response, this.now()));
  }

  /** Sends a message that belongs to no transaction: the ACK of a 2xx. */
  send(message: SipRequest, target: Endpoint): void {
    this.#send({ kind: "send", bytes: serialize(message), target, key: undefined });
  }

  /** To be called by a core whose deadline has come nearer, other than in `receive` and `advance`. */
  rearm(): void {
    const deadline = Math.min(this.#layer.deadline, this.#core.deadline);
    if (this.#closed || deadline >= this.#armedFor) return;
    clearTimeout(this.#timer);
    this.#armedFor = deadline;
    const waitMs = Math.min(Math.max(0, deadline - this.now()), LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.#onTimer(), waitMs);
  }

  /** Ends all timers and closes the socket; what is in flight is dropped. */
  close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #onDatagram(bytes: Buffer, { address, port }: RemoteInfo): void {
    this.#perform(this.#layer.receive(bytes, { address, port }, this.now()));
  }

  #onTimer(): void {
    this.#armedFor = Infinity;
    // Timers of Node.js may fire a fraction of a millisecond early; what is not due yet is armed for again.
    const now = this.now();
    this.#perform(this.#layer.advance(now));
    if (this.#core.deadline <= now) this.#core.advance(now);
    this.rearm();
  }

  #perform(outputs: readonly LayerOutput[]): void {
    for (const output of outputs)
      if (output.kind === "send") this.#send(output);
      else this.#core.receive(output, this.now());
    this.rearm();
  }

  #send({ bytes, target, key }: Extract<LayerOutput, { readonly kind: "send" }>): void {
    // The socket would ask a name server; where requests go is decided in the core, by addresses.
    // A port of 0, which a Via may hold, would be an exception.
    if (isIP(target.address) === 0 || target.port === 0) {
      setImmediate(() => this.#failed(key));
      return;
    }
    this.#socket.send(bytes, target.port, target.address, (error) => {
      if (error !== null) this.#failed(key);
    });
  }

  #failed(key: string | undefined): void {
    if (key !== undefined && !this.#closed)
      this.#perform(this.#layer.transportFailed(key, this.now()));
  }
}
