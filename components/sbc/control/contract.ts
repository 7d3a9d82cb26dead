/** Where the sbc takes orders: on the node alone. */
export const CONTROL = { address: "127.0.0.1", port: 5040 } as const;

/** What may be asked, as the JSON text of one datagram. `id` comes back with the answer. */
export type ControlRequest = { readonly id: string } & ControlOrder;

export type ControlOrder =
  /** Some calls in the order of their ids, those after `after`. */
  | { readonly command: "calls"; readonly after?: string | undefined }
  | { readonly command: "show"; readonly call: string }
  /** Ends a call: BYE to both legs, or the end of its INVITE. */
  | { readonly command: "kill"; readonly call: string }
  | { readonly command: "stats" }
  /** Some registrations with peers, those that come after the first `skip`. */
  | { readonly command: "registrations"; readonly skip?: number | undefined }
  /** Reads the settings anew. */
  | { readonly command: "reload" };

export interface CallLine {
  readonly id: string;
  readonly phase: string;
  /** Who calls whom: the URIs of From and To. */
  readonly caller: string;
  readonly callee: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface CallPage {
  readonly calls: readonly CallLine[];
  /** The last id of a page that is not the last one. */
  readonly next?: string;
}

/** One account with a peer. Instants are milliseconds since 1970. */
export interface RegistrationLine {
  /** USER@DOMAIN. */
  readonly subscriber: string;
  /** The name of the account at the peer. */
  readonly username: string;
  readonly registrar: string;
  /** What the peer is told to call; empty where it cannot be told. */
  readonly contact: string;
  readonly state: "registered" | "unregistered" | "leaving" | "impossible";
  /** Until when the peer knows it. */
  readonly expiresAt?: number;
  /** When the next REGISTER goes. */
  readonly nextAt?: number;
  /** Why the last one failed, or why there is none. */
  readonly reason?: string;
}

export interface RegistrationPage {
  readonly registrations: readonly RegistrationLine[];
  /** How many come before the next page; absent on the last one. */
  readonly next?: number;
}

export interface Stats {
  readonly generation: number;
  readonly startedAt: number;
  /** Calls by phase: each is counted once, by its id. */
  readonly calls: number;
  readonly phases: Readonly<Record<string, number>>;
  /** Transactions, those included that only absorb repetitions. */
  readonly transactions: number;
  readonly takenOver: number;
  /** Since the start of the process. */
  readonly received: number;
  readonly answered: number;
  readonly failed: number;
  /** By the sbc itself, by cause. */
  readonly endedHere: Readonly<Record<string, number>>;
  readonly malformed: number;
  readonly rssBytes: number;
}

export interface Answers {
  readonly calls: CallPage;
  /** The record of the call as it is in Redis. */
  readonly show: unknown;
  readonly kill: { readonly call: string };
  readonly stats: Stats;
  readonly registrations: RegistrationPage;
  readonly reload: { readonly file: string };
}

export type ControlAnswer =
  | { readonly id: string; readonly ok: true; readonly result: unknown }
  | {
      readonly id: string;
      readonly ok: false;
      /** NGCP_SBC_NO_CALL, NGCP_SBC_ORDER, or the code of the error. */
      readonly code: `NGCP_${string}`;
      readonly message: string;
    };
