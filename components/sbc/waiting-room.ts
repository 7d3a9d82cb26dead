import { ALLOW, SERVER } from "./hiding.ts";
import { tagOf } from "./sip/address.ts";
import { responseTo } from "./sip/responses.ts";
import { randomToken } from "./transport.ts";
import type { Core, CoreInput, Transport } from "./transport.ts";

/** What is kept until the calls may be taken; of more, the rest is let go, for it comes again. */
const SEATS = 10_000;

/**
 * Stands in for the core from the first datagram until Redis takes writes: a node that is about to become active has
 * its sbc answer, and what it is sent in the meantime waits for the calls of the other node to be there.
 */
export class WaitingRoom implements Core {
  readonly #transport: Transport;
  #core: Core | undefined;
  #waiting: CoreInput[] = [];

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get deadline(): number {
    return this.#core?.deadline ?? Infinity;
  }

  advance(nowMs: number): void {
    this.#core?.advance(nowMs);
  }

  receive(input: CoreInput, nowMs: number): void {
    if (this.#core !== undefined) this.#core.receive(input, nowMs);
    else if (isQuestion(input)) this.#answer(input);
    else if (this.#waiting.length < SEATS) this.#waiting.push(input);
  }

  /** Lets in what has waited, in its order, and all that comes from now on. */
  open(core: Core): void {
    this.#core = core;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const input of waiting) core.receive(input, this.#transport.now());
    this.#transport.rearm();
  }

  #answer({ key, request }: Question): void {
    const answer = { status: 200, toTag: randomToken(), headers: [SERVER, ALLOW] };
    this.#transport.respond(key, responseTo(request, answer));
  }
}

type Question = Extract<CoreInput, { readonly kind: "request" }>;

/** OPTIONS outside of a call: it asks for the process alone. */
const isQuestion = (input: CoreInput): input is Question =>
  input.kind === "request" &&
  input.request.method === "OPTIONS" &&
  tagOf(input.request.to) === undefined;
