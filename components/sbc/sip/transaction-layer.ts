import { startInviteClient, stepInviteClient } from "./invite-client.ts";
import { startInviteServer, stepInviteServer } from "./invite-server.ts";
import { cancelledKey, clientKey, mergeKey, serverKey } from "./matching.ts";
import { withTopVia } from "./message.ts";
import type { SipRequest, SipResponse } from "./message.ts";
import { startNonInviteClient, stepNonInviteClient } from "./non-invite-client.ts";
import { startNonInviteServer, stepNonInviteServer } from "./non-invite-server.ts";
import { parseMessage } from "./parse.ts";
import { rejectionOf } from "./rejection.ts";
import { responseTo } from "./responses.ts";
import { TimerQueue } from "./timer-queue.ts";
import type { TimerSettings } from "./timers.ts";
import { deadlineOf } from "./transaction.ts";
import type {
  Action,
  ClientEvent,
  Failure,
  ServerEvent,
  Step,
  Transaction,
} from "./transaction.ts";
import { viaReceivedFrom } from "./via.ts";
import type { Endpoint } from "./via.ts";

/** What the layer asks of the transport, or tells the core. */
export type LayerOutput =
  | {
      readonly kind: "send";
      readonly bytes: Uint8Array;
      readonly target: Endpoint;
      /** Whose message it is: `transportFailed` wants it when it cannot be sent. */
      readonly key: string | undefined;
    }
  /** A request that is new. The core answers by `respond` with its key. */
  | {
      readonly kind: "request";
      readonly key: string;
      readonly request: SipRequest;
      readonly source: Endpoint;
    }
  /** A CANCEL, and the key of the INVITE that it is about; without one the core answers 481. */
  | {
      readonly kind: "cancel";
      readonly key: string;
      readonly request: SipRequest;
      readonly inviteKey: string | undefined;
    }
  /** The ACK of a 2xx: no transaction has it, a dialog does. */
  | { readonly kind: "ack"; readonly request: SipRequest }
  | { readonly kind: "response"; readonly key: string; readonly response: SipResponse }
  /** A 2xx of an INVITE that no transaction waits for: the core may know its dialog, and repeats the ACK. */
  | { readonly kind: "strayResponse"; readonly response: SipResponse }
  | {
      readonly kind: "failed";
      readonly key: string;
      readonly because: Failure;
      readonly request: SipRequest;
    };

/** What became of messages that nobody saw. */
interface Discarded {
  malformed: number;
  strayResponses: number;
}

/**
 * All transactions of one transport. It owns their states, and nothing else: instants and tags are given, what is to
 * be sent or told is handed back. The one that owns the socket calls `receive` for each datagram and `advance` when
 * `deadline` has come, and does in order what it is told.
 */
export class TransactionLayer {
  readonly discarded: Discarded = { malformed: 0, strayResponses: 0 };
  readonly #transactions = new Map<string, Transaction>();
  readonly #merged = new Map<string, string>();
  readonly #queue = new TimerQueue();
  readonly #settings: TimerSettings;
  readonly #newTag: () => string;

  /** @param newTag a tag for the To of answers that the layer gives itself */
  constructor(settings: TimerSettings, newTag: () => string) {
    this.#settings = settings;
    this.#newTag = newTag;
  }

  /** How many transactions there are, those included that only absorb retransmissions. */
  get size(): number {
    return this.#transactions.size;
  }

  /** When `advance` is to be called next; `Infinity` when no timer runs. */
  get deadline(): number {
    return this.#queue.nextAt;
  }

  /** The transaction of that key; none when it has ended. */
  transaction(key: string): Transaction | undefined {
    return this.#transactions.get(key);
  }

  /** Takes a datagram. Bytes that are no message are answered as RFC 4475 asks, or counted and dropped. */
  receive(bytes: Uint8Array, source: Endpoint, nowMs: number): readonly LayerOutput[] {
    const message = parseMessage(bytes);
    if (message.kind === "malformed") {
      this.discarded.malformed += 1;
      const answer = rejectionOf(message, source);
      return answer === undefined ? [] : [{ kind: "send", key: undefined, ...answer }];
    }
    return message.kind === "response"
      ? this.#receiveResponse(message, nowMs)
      : this.#receiveRequest(
          withTopVia(message, viaReceivedFrom(message.vias[0], source)),
          source,
          nowMs,
        );
  }

  /** Sends a request, not an ACK, whose top Via has a branch of its own; answers under this key will come. */
  request(request: SipRequest, target: Endpoint, nowMs: number): readonly LayerOutput[] {
    const path = { target, reliable: false };
    const start = request.method === "INVITE" ? startInviteClient : startNonInviteClient;
    return this.#keep(start(request, path, nowMs, this.#settings));
  }

  /** Sends the core's response to a request; nothing when its transaction has ended. */
  respond(key: string, response: SipResponse, nowMs: number): readonly LayerOutput[] {
    return this.#stepServer(key, { kind: "respond", response }, nowMs);
  }

  /** A message of this transaction could not be sent. */
  transportFailed(key: string, nowMs: number): readonly LayerOutput[] {
    const transaction = this.#transactions.get(key);
    return transaction === undefined
      ? []
      : this.#step(transaction, { kind: "transportError" }, nowMs);
  }

  /** Fires all timers that are due. */
  advance(nowMs: number): readonly LayerOutput[] {
    const outputs: LayerOutput[] = [];
    for (
      let key = this.#queue.takeDue(nowMs);
      key !== undefined;
      key = this.#queue.takeDue(nowMs)
    ) {
      const transaction = this.#transactions.get(key);
      if (transaction !== undefined)
        outputs.push(...this.#step(transaction, { kind: "timer" }, nowMs));
    }
    return outputs;
  }

  /** Takes over a transaction that another process began: `resumeInviteClient` and `resumeInviteServer` make it. */
  adopt(transaction: Transaction): void {
    this.#store(transaction);
  }

  /**
   * Ends a transaction that nobody waits for any more, without a word: an INVITE that was cancelled and had no final
   * answer for 64*T1 (RFC 3261 section 9.1).
   */
  abandon(key: string): void {
    const transaction = this.#transactions.get(key);
    if (transaction !== undefined) this.#forget(transaction);
  }

  #receiveResponse(response: SipResponse, nowMs: number): readonly LayerOutput[] {
    const transaction = this.#transactions.get(clientKey(response));
    if (transaction?.machine === "inviteClient" || transaction?.machine === "nonInviteClient")
      return this.#step(transaction, { kind: "response", response }, nowMs);
    const { status, cseq } = response;
    if (cseq.method === "INVITE" && status >= 200 && status < 300)
      return [{ kind: "strayResponse", response }];
    this.discarded.strayResponses += 1;
    return [];
  }

  #receiveRequest(request: SipRequest, source: Endpoint, nowMs: number): readonly LayerOutput[] {
    const key = serverKey(request);
    if (this.#transactions.has(key))
      return this.#stepServer(key, { kind: "request", request }, nowMs);
    if (request.method === "ACK") return [{ kind: "ack", request }];
    const outputs = this.#keep(
      request.method === "INVITE"
        ? startInviteServer(request, false, nowMs, this.#settings)
        : startNonInviteServer(request, false),
      source,
    );
    return this.#isMerged(request, key)
      ? this.respond(key, responseTo(request, { status: 482, toTag: this.#newTag() }), nowMs)
      : outputs;
  }

  /** Whether the same request came on another way before; if not, this one is the first. */
  #isMerged(request: SipRequest, key: string): boolean {
    const merged = mergeKey(request);
    if (merged === undefined) return false;
    const first = this.#merged.get(merged) ?? key;
    this.#merged.set(merged, first);
    return first !== key;
  }

  #stepServer(key: string, event: ServerEvent, nowMs: number): readonly LayerOutput[] {
    const transaction = this.#transactions.get(key);
    return transaction?.machine === "inviteServer" || transaction?.machine === "nonInviteServer"
      ? this.#step(transaction, event, nowMs)
      : [];
  }

  #step(
    transaction: Transaction,
    event: ClientEvent | ServerEvent,
    nowMs: number,
  ): readonly LayerOutput[] {
    return this.#keep(stepTransaction(transaction, event, nowMs, this.#settings));
  }

  #keep({ state, actions }: Step<Transaction>, source?: Endpoint): readonly LayerOutput[] {
    if (state.phase === "terminated") this.#forget(state);
    else this.#store(state);
    // Who has refused it may be asked again: a proxy that tries one way after the other sends the same on a new branch.
    if (state.machine === "inviteServer" && state.phase === "completed") this.#unmerge(state);
    return actions.map((action) => this.#output(state, action, source));
  }

  #store(transaction: Transaction): void {
    this.#transactions.set(transaction.key, transaction);
    this.#queue.set(transaction.key, deadlineOf(transaction));
  }

  #forget(transaction: Transaction): void {
    const { key } = transaction;
    this.#transactions.delete(key);
    this.#queue.delete(key);
    this.#unmerge(transaction);
  }

  #unmerge({ key, request }: Transaction): void {
    const merged = mergeKey(request);
    if (merged !== undefined && this.#merged.get(merged) === key) this.#merged.delete(merged);
  }

  #output(state: Transaction, action: Action, source = state.target): LayerOutput {
    const { key, target, request } = state;
    switch (action.kind) {
      case "send":
        return { ...action, target, key };
      case "deliverResponse":
        return { kind: "response", key, response: action.response };
      case "fail":
        return { kind: "failed", key, because: action.because, request };
      case "deliverRequest":
        return this.#delivery(key, action.request, source);
    }
  }

  #delivery(key: string, request: SipRequest, source: Endpoint): LayerOutput {
    if (request.method === "ACK") return { kind: "ack", request };
    if (request.method !== "CANCEL") return { kind: "request", key, request, source };
    const about = cancelledKey(request);
    return {
      kind: "cancel",
      key,
      request,
      inviteKey: this.#transactions.has(about) ? about : undefined,
    };
  }
}

const isClientEvent = (event: ClientEvent | ServerEvent): event is ClientEvent =>
  event.kind !== "request" && event.kind !== "respond";

const isServerEvent = (event: ClientEvent | ServerEvent): event is ServerEvent =>
  event.kind !== "response";

/** One step of whichever machine it is; an event that it does not know changes nothing. */
const stepTransaction = (
  transaction: Transaction,
  event: ClientEvent | ServerEvent,
  nowMs: number,
  settings: TimerSettings,
): Step<Transaction> => {
  if (isClientEvent(event)) {
    if (transaction.machine === "inviteClient")
      return stepInviteClient(transaction, event, nowMs, settings);
    if (transaction.machine === "nonInviteClient")
      return stepNonInviteClient(transaction, event, nowMs, settings);
  }
  if (isServerEvent(event)) {
    if (transaction.machine === "inviteServer")
      return stepInviteServer(transaction, event, nowMs, settings);
    if (transaction.machine === "nonInviteServer")
      return stepNonInviteServer(transaction, event, nowMs, settings);
  }
  return { state: transaction, actions: [] };
};
