import { setTimeout as delay } from "node:timers/promises";
import { legOfTag } from "./call.ts";
import type { Call, Side } from "./call.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import type { Retransmission } from "./sip/retransmission.ts";
import type { CallStore, Reading } from "./store.ts";

/** One way to a call: by its id, or by the transaction of its INVITE. */
interface Search {
  readonly key: string;
  readonly known: () => LiveCall | undefined;
  readonly load: () => Promise<Reading>;
}

/** What reads, writes and forgets the records. */
type Records = Pick<
  CallStore,
  "load" | "loadByInvite" | "save" | "remove" | "forgetInvite" | "all"
>;

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

/** What a message is about: a call, none that there is, or one of which nobody can say now. */
export type Sought = LiveCall | "absent" | "unreadable";

/** How soon Redis is asked again when it could not be read; it is promoted or reconnected within some 100 ms. */
const READ_AGAIN_MS = 100;
/** Half of 64*T1: whoever asked hears that we cannot say before its own transaction gives up. */
const READ_WITHIN_MS = 16_000;

/** Puts a call of the process before into the transactions of this one. */
export type Resume = (live: LiveCall) => void;

/** In so many shares all records are written again: every ten minutes one, each call every six hours. */
export const SHARES = 36;

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
  /** What is to be done before the record of a call that is over goes; undefined for nothing. */
  beforeForgetting: (live: LiveCall) => Promise<void> | undefined = () => undefined;
  /** What the store is being asked for. */
  readonly #readings = new Map<string, Promise<Sought>>();
  #loading = true;
  /** Calls of the process before. */
  #taken = 0;
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

  /** Whether the call is there, and not over. */
  has(live: LiveCall): boolean {
    return this.#byId.get(live.call.id) === live;
  }

  /**
   * Writes the call down; resolves as `CallStore.save` does. Of one that is over nothing is written: what comes late about
   * it would bring its record back, and the next process would go on with a call that nobody ends.
   */
  async save(live: LiveCall): Promise<void> {
    if (!this.has(live)) return;
    const { call, invite } = live;
    await this.#store.save(call, call.established ? undefined : invite?.serverKey);
  }

  /**
   * Writes a share of the calls down again. A record that nobody writes is taken for a forgotten one after a day, and of a
   * call without questions and session timers nothing is written while it lasts.
   *
   * @param turn counts the turns; after `SHARES` of them each call has been written once
   */
  saveShare(turn: number): void {
    for (const [id, live] of this.#byId)
      if (Number.parseInt(id.slice(-4), 16) % SHARES === turn % SHARES) void this.save(live);
  }

  /** Writes down what is left to do about a call that is over, before its record is removed; whether Redis has it. */
  saveOver(call: Call): Promise<boolean> {
    return this.#store.save(call);
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
    const key = live.invite?.serverKey;
    const first = this.beforeForgetting(live);
    if (first === undefined) void this.#store.remove(id, key);
    else {
      // The record that stays names no INVITE: the next process would not know what to forget.
      if (key !== undefined) void this.#store.forgetInvite(key);
      void first.then(() => this.#store.remove(id));
    }
    this.closeInvite(live);
    this.#byId.delete(id);
    if (this.#loading) this.#gone.add(id);
  }

  /** Hands the call and the leg of one of our tags on: at once when it is known, else when the store has answered. */
  withLeg(tag: string | undefined, then: (sought: Sought, side: Side) => void): void {
    const leg = tag === undefined ? undefined : legOfTag(tag);
    if (leg === undefined) {
      then("absent", "caller");
      return;
    }
    const { id, side } = leg;
    this.#withCall(
      {
        key: id,
        known: () => this.#byId.get(id),
        load: () => this.#store.load(id),
      },
      (sought) => then(sought, side),
    );
  }

  /** The same for the key of an INVITE's server transaction. */
  withInvite(key: string, then: (sought: Sought) => void): void {
    this.#withCall(
      {
        key,
        known: () => this.#byInvite.get(key),
        load: () => this.#store.loadByInvite(key),
      },
      then,
    );
  }

  #withCall(search: Search, then: (sought: Sought) => void): void {
    const live = search.known();
    if (live !== undefined || !this.#loading) then(live ?? "absent");
    else void this.#read(search).then(then);
  }

  /** One reading for all that ask for the same: they hear in the order in which they asked. */
  #read(search: Search): Promise<Sought> {
    const { key } = search;
    const running = this.#readings.get(key);
    if (running !== undefined) return running;
    const started = this.#readUntilAnswered(search).finally(() => this.#readings.delete(key));
    this.#readings.set(key, started);
    return started;
  }

  async #readUntilAnswered({ known, load }: Search): Promise<Sought> {
    const giveUpAt = performance.now() + READ_WITHIN_MS;
    for (;;) {
      const reading = await load();
      if (typeof reading === "object") this.#take(reading);
      const live = known();
      if (live !== undefined) return live;
      if (reading !== "unreadable" || !this.#loading) return "absent";
      if (performance.now() >= giveUpAt) return "unreadable";
      await delay(READ_AGAIN_MS);
    }
  }

  /**
   * Reads all calls of the process before, each into `resume` when no message has asked for it sooner; again from the
   * beginning when Redis failed on the way. Resolves with their number.
   */
  async takeOver(resume: Resume): Promise<number> {
    this.#resume = resume;
    while ((await this.#takeAll()) === "unreadable") await delay(READ_AGAIN_MS);
    this.#loading = false;
    this.#gone.clear();
    return this.#taken;
  }

  async #takeAll(): Promise<"complete" | "unreadable"> {
    const pages = this.#store.all();
    for (;;) {
      const { done, value } = await pages.next();
      if (done === true) return value;
      for (const call of value) this.#take(call);
    }
  }

  #take(call: Call): void {
    if (this.#byId.has(call.id) || this.#gone.has(call.id)) return;
    const live: LiveCall = { call };
    this.#taken += 1;
    this.add(live);
    this.#resume(live);
  }
}
