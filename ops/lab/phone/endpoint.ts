import { randomBytes } from "node:crypto";
import type { Carrier } from "./carrier.ts";
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
  /** The server is reached over another connection than before: it does not know yet who is there. */
  readonly reopened: () => void;
}

const NOBODY: EndpointEvents = {
  request: () => undefined,
  strayAnswer: () => undefined,
  reopened: () => undefined,
};

/** Messages that are kept for those who ask what a phone was told. */
const HEARD_LIMIT = 200;

/** Finished transactions are remembered as long as their request may be repeated (RFC 3261, timer J). */
const LINGER_MS = 32_000;

export const randomToken = (): string => randomBytes(8).toString("hex");

/** What speaks SIP to one server, the load-balancer, over datagrams or a connection. */
export class SipEndpoint {
  readonly local: SipAddress;
  readonly #carrier: Carrier;
  #events = NOBODY;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #heard: string[] = [];

  constructor(carrier: Carrier) {
    this.local = carrier.local;
    this.#carrier = carrier;
    carrier.serve({
      message: (text) => this.#receive(text),
      reopened: () => this.#events.reopened(),
      broken: () => {
        for (const client of this.#clients.values()) client.broken();
      },
    });
  }

  /** The last messages that came. */
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
      `SIP/2.0/${this.#carrier.transport} ${bracketed(address)}:${port};rport;branch=z9hG4bK${randomToken()}`,
    ];
  }

  readonly send = (text: string): void => {
    this.#carrier.send(text);
  };

  /**
   * Sends a request and, over datagrams, repeats it until its final answer: a 408 after 32 s at the latest, a 503 when the
   * connection breaks before (RFC 3261, 8.1.3.1).
   */
  async request(request: SipRequest): Promise<FinalAnswer> {
    const repeats = this.#carrier.transport === "UDP";
    const transaction = new ClientTransaction(request, this.send, { repeats });
    const key = ClientTransaction.keyOf(request);
    this.#clients.set(key, transaction);
    if (this.#carrier.flow?.open === false) transaction.broken();
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
    this.#carrier.close();
  }

  #later(action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, LINGER_MS);
    this.#timers.add(timer);
  }

  #receive(text: string): void {
    this.#heard.push(text);
    if (this.#heard.length > HEARD_LIMIT) this.#heard.shift();
    const message = parseMessage(text);
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
