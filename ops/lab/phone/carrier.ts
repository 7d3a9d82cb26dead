import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { SipAddress } from "./endpoint.ts";

export interface CarrierEvents {
  readonly message: (text: string) => void;
  /** A connection has taken the place of one that broke. */
  readonly reopened: () => void;
  /** The connection broke: what it was to carry may be lost. */
  readonly broken: () => void;
}

/** What a phone has seen of its connections. Monotonic milliseconds; null when it has not happened. */
export interface FlowReport {
  readonly open: boolean;
  /** When the last one broke. */
  readonly brokenAtMs: number | null;
  /** When the one that is open last answered a keep-alive. */
  readonly heardAtMs: number | null;
}

/** What brings an endpoint's messages to its server and back. */
export interface Carrier {
  /** Where the endpoint says that it is. */
  readonly local: SipAddress;
  /** As Via names it. */
  readonly transport: "UDP" | "TLS";
  /** How many connections have broken so far. */
  readonly breaks: number;
  /** Null where there are no connections. */
  readonly flow: FlowReport | null;
  /** Resolves as soon as messages can be sent. */
  opened(): Promise<void>;
  serve(events: CarrierEvents): void;
  send(text: string): void;
  close(): void;
}

/** Datagrams: nothing says that one was lost, or that the server is another one. */
export class Datagrams implements Carrier {
  readonly local: SipAddress;
  readonly transport = "UDP";
  readonly breaks = 0;
  readonly flow = null;
  readonly #socket: Socket;
  readonly #server: SipAddress;

  private constructor(socket: Socket, server: SipAddress) {
    this.local = { address: socket.address().address, port: socket.address().port };
    this.#socket = socket;
    this.#server = server;
    // A server that is gone for the moment answers with ICMP; the timers of the transactions go on.
    socket.on("error", () => undefined);
  }

  static async open(local: SipAddress, server: SipAddress): Promise<Datagrams> {
    const socket = createSocket(isIPv6(local.address) ? "udp6" : "udp4");
    socket.bind(local.port, local.address);
    await once(socket, "listening");
    return new Datagrams(socket, server);
  }

  opened(): Promise<void> {
    return Promise.resolve();
  }

  serve({ message }: CarrierEvents): void {
    this.#socket.on("message", (datagram) => message(datagram.toString("utf8")));
  }

  send(text: string): void {
    this.#socket.send(text, this.#server.port, this.#server.address, () => undefined);
  }

  close(): void {
    this.#socket.close();
  }
}
