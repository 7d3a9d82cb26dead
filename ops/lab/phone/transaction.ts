import { cseqOf, formatMessage, headerOf, parameterOf } from "./message.ts";
import type { SipRequest, SipResponse } from "./message.ts";

/** RFC 3261, 17.1.1.1, in milliseconds. */
const T1 = 500;
const T2 = 4000;
const TIMEOUT = 64 * T1;

export type Send = (text: string) => void;

/** Sends `text` again and again: after T1, then in twice the time, up to `capMs`. */
class Repeater {
  readonly #send: () => void;
  readonly #capMs: number;
  #timer: NodeJS.Timeout | undefined;
  repeats = 0;

  constructor(send: () => void, capMs: number) {
    this.#send = send;
    this.#capMs = capMs;
    this.#wait(T1);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.repeats += 1;
      this.#send();
      this.#wait(Math.min(delayMs * 2, this.#capMs));
    }, delayMs);
  }
}

/** The answer that a request without an answer ends with (RFC 3261, 8.1.3.1). */
const unanswered = (
  { headers }: SipRequest,
  [status, reason]: readonly [number, string],
): SipResponse => ({ kind: "response", status, reason, headers, body: "" });

const TIMED_OUT = [408, "No answer in 32 s"] as const;
const BROKEN = [503, "The connection broke"] as const;

const acknowledge = (invite: SipRequest, response: SipResponse): SipRequest => ({
  kind: "request",
  method: "ACK",
  uri: invite.uri,
  headers: [
    ["Via", headerOf(invite, "Via")],
    ["Max-Forwards", "70"],
    ...invite.headers.filter(([name]) => name === "Route"),
    ["From", headerOf(invite, "From")],
    ["To", headerOf(response, "To")],
    ["Call-ID", headerOf(invite, "Call-ID")],
    ["CSeq", `${cseqOf(invite).number} ACK`],
  ],
  body: "",
});

export interface FinalAnswer {
  readonly response: SipResponse;
  /** How often the request was repeated before. */
  readonly repeats: number;
}

/** The client's side of one request: timers A and B of an INVITE, E and F of anything else; A and E with `repeats` alone. */
export class ClientTransaction {
  readonly answer: Promise<FinalAnswer>;
  readonly #request: SipRequest;
  readonly #send: Send;
  readonly #repeater: Repeater | undefined;
  readonly #timeout: NodeJS.Timeout;
  #resolve: (answer: FinalAnswer) => void = () => undefined;
  #ended = false;

  constructor(request: SipRequest, send: Send, { repeats }: { readonly repeats: boolean }) {
    this.#request = request;
    this.#send = send;
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const invite = request.method === "INVITE";
    const text = formatMessage(request);
    send(text);
    const longestMs = invite ? Number.POSITIVE_INFINITY : T2;
    this.#repeater = repeats ? new Repeater(() => send(text), longestMs) : undefined;
    this.#timeout = setTimeout(() => this.abandon(), TIMEOUT);
  }

  static keyOf(message: SipRequest | SipResponse): string {
    return `${parameterOf(headerOf(message, "Via"), "branch")} ${cseqOf(message).method}`;
  }

  receive(response: SipResponse): void {
    if (response.status < 200) {
      if (this.#request.method !== "INVITE" || this.#ended) return;
      // Somebody has the request: it is not repeated any more, and ringing may take as long again.
      this.#repeater?.stop();
      this.#timeout.refresh();
      return;
    }
    if (this.#request.method === "INVITE" && response.status >= 300)
      this.#send(formatMessage(acknowledge(this.#request, response)));
    this.#end(response);
  }

  /** Gives the request up without an answer. */
  abandon(): void {
    this.#end(unanswered(this.#request, TIMED_OUT));
  }

  /** What was to bring the answer is gone. */
  broken(): void {
    this.#end(unanswered(this.#request, BROKEN));
  }

  #end(response: SipResponse): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#repeater?.stop();
    clearTimeout(this.#timeout);
    this.#resolve({ response, repeats: this.#repeater?.repeats ?? 0 });
  }
}

/** The server's side of one request: repeats its answer when the request comes again, and until the ACK. */
export class ServerTransaction {
  readonly #request: SipRequest;
  readonly #send: Send;
  #last: string | undefined;
  #repeater: Repeater | undefined;
  #timeout: NodeJS.Timeout | undefined;

  constructor(request: SipRequest, send: Send) {
    this.#request = request;
    this.#send = send;
  }

  /** An ACK that answers a refusal belongs to the transaction of its INVITE. */
  static keyOf(request: SipRequest): string {
    const method = request.method === "ACK" ? "INVITE" : request.method;
    return `${parameterOf(headerOf(request, "Via"), "branch")} ${method}`;
  }

  respond(response: SipResponse): void {
    const text = formatMessage(response);
    this.#last = text;
    this.#send(text);
    if (this.#request.method !== "INVITE" || response.status < 200) return;
    this.#repeater = new Repeater(() => this.#send(text), T2);
    this.#timeout = setTimeout(() => this.acknowledged(), TIMEOUT);
  }

  /** The request came again. */
  repeat(): void {
    if (this.#last !== undefined) this.#send(this.#last);
  }

  acknowledged(): void {
    this.#repeater?.stop();
    clearTimeout(this.#timeout);
  }
}
