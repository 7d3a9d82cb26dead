import { legOfTag } from "./call.ts";
import type { Call, Side } from "./call.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import type { Retransmission } from "./sip/retransmission.ts";
import type { CallStore } from "./store.ts";

/** What reads and forgets the records. */
type Records = Pick<CallStore, "load" | "loadByInvite" | "remove" | "all">;

/** An INVITE between the legs as this process carries it on; `call.exchange` is what another one needs for it. */
export interface OpenInvite {
  readonly serverKey: string;
  readonly clientKey: string;
  readonly received: SipRequest;
  readonly sent: SipRequest;
  /** The 2xx for its sender. */
  answer?: SipResponse;
  /** Runs from the 2xx until its ACK. */
  retransmission?: Retransmission;
  /** When a cancelled INVITE is given up that nobody answers. */
  giveUpAt?: number;
}

/** A call that this process knows. */
export interface LiveCall {
  call: Call;
  invite?: OpenInvite | undefined;
  /** The ACK that a repeated 2xx brings out again. */
  lastAck?: SipRequest;
}

/** Puts a call of the process before into the transactions of this one. */
export type Resume = (live: LiveCall) => void;

/**
 * The calls by id and by the transactions of their open INVITEs. After a start those of the process before come in from
 * the store: all of them bit by bit, and at once the one that a message asks for.
 */
export class LiveCalls {
  readonly #store: Records;
  readonly #byId = new Map<string, LiveCall>();
  readonly #byInvite = new Map<string, LiveCall>();
  /** Ended while records were still being read: what was read before must not bring them back. */
  readonly #gone = new Set<string>();
  /** Told of each call that is forgotten. */
  onRemoved: (id: string) => void = () => undefined;
  #loading = true;
  #resume: Resume = () => undefined;

  constructor(store: Records) {
    this.#store = store;
  }

  get size(): number {
    return this.#byId.size;
  }

  ids(): string[] {
    return [...this.#byId.keys()];
  }

  get(id: string): LiveCall | undefined {
    return this.#byId.get(id);
  }

  byInvite(key: string): LiveCall | undefined {
    return this.#byInvite.get(key);
  }

  add(live: LiveCall): void {
    this.#byId.set(live.call.id, live);
  }

  openInvite(live: LiveCall, invite: OpenInvite): void {
    live.invite = invite;
    this.#byInvite.set(invite.serverKey, live);
    this.#byInvite.set(invite.clientKey, live);
  }

  closeInvite(live: LiveCall): void {
    if (live.invite === undefined) return;
    this.#byInvite.delete(live.invite.serverKey);
    this.#byInvite.delete(live.invite.clientKey);
    live.invite = undefined;
  }

  /** Forgets the call, here and in the store. */
  remove(live: LiveCall): void {
    const { id } = live.call;
    this.onRemoved(id);
    void this.#store.remove(id, live.invite?.serverKey);
    this.closeInvite(live);
    this.#byId.delete(id);
    if (this.#loading) this.#gone.add(id);
  }

  /** Hands the call and the leg of one of our tags on: at once when it is known, else when the store has answered. */
  withLeg(tag: string | undefined, then: (live: LiveCall | undefined, side: Side) => void): void {
    const leg = tag === undefined ? undefined : legOfTag(tag);
    if (leg === undefined) {
      then(undefined, "caller");
      return;
    }
    const { id, side } = leg;
    this.#withCall(
      () => this.#byId.get(id),
      () => this.#store.load(id),
      (live) => then(live, side),
    );
  }

  /** The same for the key of an INVITE's server transaction. */
  withInvite(key: string, then: (live: LiveCall | undefined) => void): void {
    this.#withCall(
      () => this.#byInvite.get(key),
      () => this.#store.loadByInvite(key),
      then,
    );
  }

  #withCall(
    known: () => LiveCall | undefined,
    load: () => Promise<Call | undefined>,
    then: (live: LiveCall | undefined) => void,
  ): void {
    const live = known();
    if (live !== undefined || !this.#loading) {
      then(live);
      return;
    }
    void load().then((call) => {
      if (call !== undefined) this.#take(call);
      then(known());
    });
  }

  /** Reads all calls of the process before, each into `resume` when no message has asked for it sooner. */
  async takeOver(resume: Resume): Promise<number> {
    this.#resume = resume;
    let count = 0;
    for await (const calls of this.#store.all()) {
      for (const call of calls) this.#take(call);
      count += calls.length;
    }
    this.#loading = false;
    this.#gone.clear();
    return count;
  }

  #take(call: Call): void {
    if (this.#byId.has(call.id) || this.#gone.has(call.id)) return;
    const live: LiveCall = { call };
    this.add(live);
    this.#resume(live);
  }
}
