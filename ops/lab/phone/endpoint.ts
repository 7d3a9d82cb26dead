import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { randomBytes } from "node:crypto";
import { bracketed, cseqOf, headerOf, parseMessage } from "./message.ts";
import type { Header, SipRequest, SipResponse } from "./message.ts";
import { ClientTransaction, ServerTransaction } from "./transaction.ts";
import type { FinalAnswer } from "./transaction.ts";

export interface SipAddress {
  readonly address: string;
  readonly port: number;
}

export interface EndpointEvents {
  /** A request that has not been seen before; an ACK comes with the transaction of a refused INVITE or with none. */
  readonly request: (request: SipRequest, transaction: ServerTransaction) => void;
  /** An answer that no transaction waits for: a 200 to an INVITE that comes again. */
  readonly strayAnswer: (response: SipResponse) => void;
}

/** Datagrams that are kept for those who ask what a phone was told. */
const HEARD_LIMIT = 200;

/** Finished transactions are remembered as long as their request may be repeated (RFC 3261, timer J). */
const LINGER_MS = 32_000;

export const randomToken = (): string => randomBytes(8).toString("hex");

/** One UDP socket that speaks SIP to one server: the load-balancer. */
export class SipEndpoint {
  readonly local: SipAddress;
  readonly #server: SipAddress;
  readonly #socket: Socket;
  #events: EndpointEvents = { request: () => undefined, strayAnswer: () => undefined };
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #heard: string[] = [];

  private constructor(socket: Socket, server: SipAddress) {
    this.local = { address: socket.address().address, port: socket.address().port };
    this.#server = server;
    this.#socket = socket;
    socket.on("message", (datagram) => this.#receive(datagram.toString("utf8")));
    // A server that is gone for the moment answers with ICMP; the timers of the transactions go on.
    socket.on("error", () => undefined);
  }

  static async open(local: SipAddress, server: SipAddress): Promise<SipEndpoint> {
    const socket = createSocket(isIPv6(local.address) ? "udp6" : "udp4");
    socket.bind(local.port, local.address);
    await once(socket, "listening");
    return new SipEndpoint(socket, server);
  }

  /** The last datagrams that came, byte by byte. */
  get heard(): readonly string[] {
    return this.#heard;
  }

  /** From now on `events` is told of what arrives; before that it is dropped. */
  serve(events: EndpointEvents): void {
    this.#events = events;
  }

  /** A Via of this endpoint with a branch of its own. */
  via(): Header {
    const { address, port } = this.local;
    return [
      "Via",
      `SIP/2.0/UDP ${bracketed(address)}:${port};rport;branch=z9hG4bK${randomToken()}`,
    ];
  }

  readonly send = (text: string): void => {
    this.#socket.send(text, this.#server.port, this.#server.address, () => undefined);
  };

  /** Sends a request and repeats it until its final answer, a 408 after 32 s at the latest. */
  async request(request: SipRequest): Promise<FinalAnswer> {
    const transaction = new ClientTransaction(request, this.send);
    const key = ClientTransaction.keyOf(request);
    this.#clients.set(key, transaction);
    const answer = await transaction.answer;
    // A refusal may come again, and its ACK with it.
    if (request.method === "INVITE" && answer.response.status >= 300)
      this.#later(() => this.#clients.delete(key));
    else this.#clients.delete(key);
    return answer;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const client of this.#clients.values()) client.abandon();
    for (const server of this.#servers.values()) server.acknowledged();
    this.#socket.close();
  }

  #later(action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, LINGER_MS);
    this.#timers.add(timer);
  }

  #receive(datagram: string): void {
    this.#heard.push(datagram);
    if (this.#heard.length > HEARD_LIMIT) this.#heard.shift();
    const message = parseMessage(datagram);
    if (message === undefined) return;
    if (message.kind === "request") this.#receiveRequest(message);
    else this.#receiveResponse(message);
  }

  #receiveResponse(response: SipResponse): void {
    const client = this.#clients.get(ClientTransaction.keyOf(response));
    if (client !== undefined) client.receive(response);
    else if (cseqOf(response).method === "INVITE") this.#events.strayAnswer(response);
  }

  #receiveRequest(request: SipRequest): void {
    const key = ServerTransaction.keyOf(request);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      if (request.method === "ACK") known.acknowledged();
      else known.repeat();
      return;
    }
    const transaction = new ServerTransaction(request, this.send);
    if (request.method !== "ACK") {
      this.#servers.set(key, transaction);
      this.#later(() => this.#servers.delete(key));
    }
    this.#events.request(request, transaction);
  }
}

/** An answer to `request`, with the headers that RFC 3261, 8.2.6.2 takes over. */
export const answerTo = (
  request: SipRequest,
  [status, reason]: readonly [number, string],
  more: { readonly toTag?: string; readonly headers?: readonly Header[]; readonly body?: string },
): SipResponse => {
  const to = headerOf(request, "To");
  const tag = more.toTag === undefined || /;\s*tag=/.test(to) ? "" : `;tag=${more.toTag}`;
  const copied = request.headers.filter(([name]) => /^(via|v|record-route)$/i.test(name));
  return {
    kind: "response",
    status,
    reason,
    headers: [
      ...copied,
      ["From", headerOf(request, "From")],
      ["To", `${to}${tag}`],
      ["Call-ID", headerOf(request, "Call-ID")],
      ["CSeq", headerOf(request, "CSeq")],
      ...(more.headers ?? []),
    ],
    body: more.body ?? "",
  };
};
