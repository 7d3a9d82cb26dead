import type { SipRequest, SipResponse } from "./message.ts";
import type { Endpoint } from "./via.ts";
import { NEVER } from "./timers.ts";

/** The way that the messages of a transaction take. */
export interface Path {
  readonly target: Endpoint;
  /** Over TCP and its like nothing is repeated, and what waits for repetitions waits no time. */
  readonly reliable: boolean;
}

/** What all four machines keep. Plain data: a step makes a new one. Instants are milliseconds of the caller's clock. */
interface TransactionBase extends Path {
  /** How messages find it: `clientKey` or `serverKey`. */
  readonly key: string;
  /** When timer A, E or G fires, or the 100 of an INVITE is due; `NEVER` when none runs. */
  readonly retransmitAt: number;
  /** The interval that timer A, E or G was started with. */
  readonly intervalMs: number;
  /** When the timer fires that ends the phase: B, D, F, H, I, J, K, L or M. */
  readonly endAt: number;
}

/** RFC 3261 figure 5, with the accepted state of RFC 6026. */
export interface InviteClient extends TransactionBase {
  readonly machine: "inviteClient";
  readonly phase: "calling" | "proceeding" | "completed" | "accepted" | "terminated";
  /** The INVITE; its ACK or CANCEL is made of it. Once it has a final answer its essentials only. */
  readonly request: SipRequest;
  /** What is sent again: the INVITE while calling, the ACK once completed. */
  readonly bytes: Uint8Array;
}

/** RFC 3261 figure 6. */
export interface NonInviteClient extends TransactionBase {
  readonly machine: "nonInviteClient";
  readonly phase: "trying" | "proceeding" | "completed" | "terminated";
  readonly request: SipRequest;
  readonly bytes: Uint8Array;
}

/** RFC 3261 figure 7, with the accepted state of RFC 6026. */
export interface InviteServer extends TransactionBase {
  readonly machine: "inviteServer";
  readonly phase: "proceeding" | "completed" | "confirmed" | "accepted" | "terminated";
  /** The INVITE; once it has a final answer its essentials only. */
  readonly request: SipRequest;
  /** The response that a retransmission of the INVITE brings out again. */
  readonly bytes: Uint8Array | undefined;
}

/** RFC 3261 figure 8. */
export interface NonInviteServer extends TransactionBase {
  readonly machine: "nonInviteServer";
  readonly phase: "trying" | "proceeding" | "completed" | "terminated";
  readonly request: SipRequest;
  readonly bytes: Uint8Array | undefined;
}

export type ClientTransaction = InviteClient | NonInviteClient;
export type ServerTransaction = InviteServer | NonInviteServer;
export type Transaction = ClientTransaction | ServerTransaction;

/** A timer is due, or the transport could not send. */
export type CommonEvent = { readonly kind: "timer" } | { readonly kind: "transportError" };

export type ClientEvent =
  CommonEvent | { readonly kind: "response"; readonly response: SipResponse };

export type ServerEvent =
  | CommonEvent
  /** A request that matches the transaction: a retransmission, or an ACK. */
  | { readonly kind: "request"; readonly request: SipRequest }
  /** The core answers. */
  | { readonly kind: "respond"; readonly response: SipResponse };

/** Why a transaction ended without its answer or its ACK. */
export type Failure = "timeout" | "transportError";

export type Action =
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  /** To the core ("transaction user"). */
  | { readonly kind: "deliverRequest"; readonly request: SipRequest }
  | { readonly kind: "deliverResponse"; readonly response: SipResponse }
  | { readonly kind: "fail"; readonly because: Failure };

export interface Step<State extends Transaction> {
  readonly state: State;
  readonly actions: readonly Action[];
}

/** When the transaction wants its next `timer` event; `NEVER` when none of its timers runs. */
export const deadlineOf = ({ retransmitAt, endAt }: Transaction): number =>
  Math.min(retransmitAt, endAt);

/** Both timers off. */
export const STOPPED = { retransmitAt: NEVER, endAt: NEVER } as const;

export const unchanged = <State extends Transaction>(state: State): Step<State> => ({
  state,
  actions: [],
});

export const send = (bytes: Uint8Array): Action => ({ kind: "send", bytes });

export const NO_BYTES = new Uint8Array(0);

/** A request that only has to be recognised from now on: its headers and its body, by far the most of it, are let go. */
export const essentialsOnly = (request: SipRequest): SipRequest => ({
  ...request,
  headers: NO_HEADERS,
  body: NO_BYTES,
});

const NO_HEADERS: SipRequest["headers"] = [];
