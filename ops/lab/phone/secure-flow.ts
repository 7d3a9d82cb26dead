import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import type { Carrier, CarrierEvents, FlowReport } from "./carrier.ts";
import { nowMs } from "./clock.ts";
import type { SipAddress } from "./endpoint.ts";
import { KEEP_ALIVE, LINE_END, MessageStream } from "./message-stream.ts";

/** How often a phone asks whether its connection lives. RFC 5626 has minutes; a drill shows the same in seconds. */
const KEEP_ALIVE_MS = 500;
/** An answer that takes longer says that the connection is dead (RFC 5626, 4.4.1). */
const ANSWERED_WITHIN_MS = 10_000;
/** Three SYNs: the kernel repeats them after 1 s and 3 s. */
const CONNECTED_WITHIN_MS = 4_000;
const CONNECT_AGAIN_MS = 200;

/**
 * One TLS connection at a time to a server. It is kept alive; one that breaks, or is dead, is followed by another (RFC 5626,
 * 4.4 and 4.5).
 */
export class SecureFlow implements Carrier {
  readonly local: SipAddress;
  readonly transport = "TLS";
  readonly #server: SipAddress;
  #events: CarrierEvents | undefined;
  #socket: TLSSocket | undefined;
  #open = false;
  #closed = false;
  #breaks = 0;
  #brokenAtMs: number | null = null;
  #heardAtMs: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  constructor(local: SipAddress, server: SipAddress) {
    this.local = local;
    this.#server = server;
    this.#connect();
  }

  get breaks(): number {
    return this.#breaks;
  }

  get flow(): FlowReport {
    return { open: this.#open, brokenAtMs: this.#brokenAtMs, heardAtMs: this.#heardAtMs };
  }

  opened(): Promise<void> {
    if (this.#open) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  serve(events: CarrierEvents): void {
    this.#events = events;
  }

  /** What is sent while there is no connection is lost. */
  send(text: string): void {
    if (this.#open) this.#socket?.write(text);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
    clearTimeout(this.#timer);
  }

  #connect(): void {
    const { address: host, port } = this.#server;
    // The certificate is self-signed: whom it names is of no interest here.
    const how = { host, port, localAddress: this.local.address, rejectUnauthorized: false };
    const socket = connect(how);
    this.#socket = socket;
    socket.setNoDelay();
    socket.on("error", () => undefined);
    socket.once("close", () => this.#gone());
    socket.once("secureConnect", () => this.#begin(socket));
    this.#timer = setTimeout(() => socket.destroy(), CONNECTED_WITHIN_MS);
  }

  #begin(socket: TLSSocket): void {
    clearTimeout(this.#timer);
    this.#open = true;
    this.#heardAtMs = null;
    const stream = new MessageStream();
    socket.on("data", (piece: Buffer) => {
      for (const part of stream.take(piece.toString("latin1"))) this.#take(part);
    });
    this.#keepAlive(socket);
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
    if (this.#breaks > 0) this.#events?.reopened();
  }

  #take(part: string): void {
    if (part === LINE_END) this.#heardAtMs = nowMs();
    else this.#events?.message(Buffer.from(part, "latin1").toString("utf8"));
  }

  #keepAlive(socket: TLSSocket, unansweredSince?: number): void {
    const at = nowMs();
    socket.write(KEEP_ALIVE);
    this.#timer = setTimeout(() => {
      const since = (this.#heardAtMs ?? 0) >= at ? undefined : (unansweredSince ?? at);
      if (since !== undefined && nowMs() - since > ANSWERED_WITHIN_MS) socket.destroy();
      else this.#keepAlive(socket, since);
    }, KEEP_ALIVE_MS);
  }

  #gone(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    if (this.#open) {
      this.#open = false;
      this.#breaks += 1;
      this.#brokenAtMs = nowMs();
      this.#events?.broken();
    }
    this.#timer = setTimeout(() => this.#connect(), CONNECT_AGAIN_MS);
  }
}
