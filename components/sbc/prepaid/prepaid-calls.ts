import { setTimeout as delay } from "node:timers/promises";
import type { Call } from "../call.ts";
import type { Desk } from "../desk.ts";
import type { LiveCall } from "../live-calls.ts";
import type { SipRequest } from "../sip/message.ts";
import { responseTo } from "../sip/responses.ts";
import { TimerQueue } from "../sip/timer-queue.ts";
import type { Endpoint } from "../sip/via.ts";
import type { EndCause } from "../tally.ts";
import type { Reservation } from "./ledger.ts";
import type { Lanes } from "./lanes.ts";
import { reservationMsOf } from "./patience.ts";
import { Settlements } from "./settlements.ts";
import { actOf, ASK_AGAIN_MS, nextStep, paidUntil, withoutPaying, withStep } from "./tariff.ts";
import type { Asking, Prepaid, Tariff } from "./tariff.ts";

/** The way to the balances. */
export interface Accounting {
  /** Undefined where no database is configured: no prepaid call goes out then. */
  readonly lanes: Lanes | undefined;
  /** Told of what could not be done there, and is tried again. */
  readonly onTrouble: (reason: string) => void;
}

interface Company extends Accounting {
  readonly desk: Desk;
  readonly end: (live: LiveCall, cause: EndCause) => void;
}

/** Why a call does not go out. */
type Refusal = "credit" | "fee" | "accounting";

const REFUSALS: Readonly<Record<Refusal, { readonly status: number; readonly reason: string }>> = {
  credit: { status: 402, reason: "Insufficient Credit" },
  fee: { status: 403, reason: "No Fee For Destination" },
  accounting: { status: 503, reason: "Accounting Unavailable" },
};

/** How often accounts are looked for whose calls nobody has. */
const SEARCH_MS = 60_000;
const DEFAULT_STEP_SECONDS = 30;

const NOT_YET: Asking = { kind: "notYet" };

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : "unknown");

/**
 * Calls that are paid out of a balance: some of it is set aside before the INVITE goes out and again before each part is used
 * up, and the call ends with the money. What has been set aside is in the database by call and step, so that a step which the
 * next process does again is the same one.
 */
export class PrepaidCalls {
  readonly #desk: Desk;
  readonly #lanes: Lanes | undefined;
  readonly #end: (live: LiveCall, cause: EndCause) => void;
  readonly #onTrouble: (reason: string) => void;
  readonly #settlements: Settlements;
  readonly #queue = new TimerQueue();
  readonly #asking = new Map<string, Asking>();

  constructor({ desk, lanes, end, onTrouble }: Company) {
    this.#desk = desk;
    this.#lanes = lanes;
    this.#end = end;
    this.#onTrouble = onTrouble;
    const { calls } = desk;
    const isKnown = (id: string): boolean => calls.get(id) !== undefined;
    const save = (over: Call): Promise<boolean> => calls.saveOver(over);
    this.#settlements = new Settlements({ lanes, save, isKnown, onTrouble });
    desk.dispatch = (live, sent, target) => this.#dispatch(live, sent, target);
    calls.beforeForgetting = ({ call }) => this.#settlements.settle(call);
  }

  get deadline(): number {
    return this.#queue.nextAt;
  }

  advance(nowMs: number): void {
    for (let id = this.#queue.takeDue(nowMs); id !== undefined; id = this.#queue.takeDue(nowMs)) {
      const live = this.#desk.calls.get(id);
      if (live !== undefined) this.#act(live);
    }
  }

  /** Watches an established call. */
  arm(live: LiveCall): void {
    if (live.call.prepaid === undefined) return;
    this.#act(live);
    this.#desk.transport.rearm();
  }

  /** The same for a call of the process before; one that is over and only waits to be settled is forgotten by that. */
  resume(live: LiveCall): void {
    if (live.call.farewells?.length === 0) this.#desk.calls.remove(live);
    else this.arm(live);
  }

  forget(id: string): void {
    this.#queue.delete(id);
    this.#asking.delete(id);
  }

  /** To be called when all calls of the process before are here. */
  async watchForLost(): Promise<void> {
    if (this.#lanes === undefined) return;
    await this.#settlements.search();
    setInterval(() => void this.#settlements.search(), SEARCH_MS).unref();
  }

  get #stepSeconds(): number {
    return this.#desk.settings.prepaidStepSeconds ?? DEFAULT_STEP_SECONDS;
  }

  get #reservationMs(): number {
    return reservationMsOf(this.#desk.settings);
  }

  #dispatch(live: LiveCall, sent: SipRequest, target: Endpoint): void {
    if (live.call.prepaid === undefined || live.call.prepaid.steps > 0)
      this.#desk.transport.request(sent, target);
    else void this.#admit(live, sent, target);
  }

  async #admit(live: LiveCall, sent: SipRequest, target: Endpoint): Promise<void> {
    const refusal = await this.#refusalWithin(live);
    const { calls, transport, tally } = this.#desk;
    const { invite } = live;
    if (invite === undefined || !calls.has(live)) return;
    if (live.call.exchange?.cancelled === true) {
      calls.remove(live);
      return;
    }
    if (refusal === undefined) {
      void calls.save(live);
      transport.request(sent, target);
      return;
    }
    const answer = { ...REFUSALS[refusal], toTag: live.call.caller.localTag };
    transport.respond(invite.serverKey, responseTo(invite.received, answer));
    tally.failed += 1;
    calls.remove(live);
  }

  /** The same as `refusalOf`, at the end of its patience also where it still waits for its turn, or for an answer. */
  async #refusalWithin(live: LiveCall): Promise<Refusal | undefined> {
    const decided = new AbortController();
    const late = delay(this.#reservationMs, "accounting" as const, {
      signal: decided.signal,
    });
    try {
      return await Promise.race([this.#refusalOf(live), late]);
    } finally {
      decided.abort();
    }
  }

  /** Makes the first reservation. Returns why there is none. */
  async #refusalOf(live: LiveCall): Promise<Refusal | undefined> {
    for (;;) {
      try {
        return await this.#open(live);
      } catch (error) {
        this.#onTrouble(reasonOf(error));
        if (this.#lanes === undefined || this.#isOver(live)) return "accounting";
        await delay(ASK_AGAIN_MS);
      }
    }
  }

  /** Nothing more is set aside for such a call. What was is given back after it in the same lane, by the call's removal. */
  #isOver(live: LiveCall): boolean {
    const { established, exchange, farewells } = live.call;
    const isCancelled = !established && exchange?.cancelled === true;
    return !this.#desk.calls.has(live) || farewells !== undefined || isCancelled;
  }

  async #open(live: LiveCall): Promise<Refusal | undefined> {
    const { prepaid } = live.call;
    if (prepaid === undefined) return undefined;
    const tariff = prepaid.tariff ?? (await this.#tariffOf(live, prepaid));
    if (tariff === undefined) return "fee";
    const more = await this.#reserve(live, tariff);
    if (more === "refused") return "credit";
    this.#change(live, (account) => withStep(account, more));
    return undefined;
  }

  /** It is in the record before anything is set aside. */
  async #tariffOf(live: LiveCall, { payer, number }: Prepaid): Promise<Tariff | undefined> {
    const tariff = await this.#run(payer, async (ledger) =>
      this.#isOver(live) ? "absent" : ledger.tariff(payer, number),
    );
    if (tariff === "absent") return undefined;
    this.#change(live, (account) => ({ ...account, tariff }));
    await this.#desk.calls.save(live);
    return tariff;
  }

  #run: Lanes["run"] = (payer, work) =>
    this.#lanes?.run(payer, work) ?? Promise.reject(new Error("no database is configured"));

  #reserve(live: LiveCall, { contract, fee }: Tariff): Promise<number | "refused"> {
    const { id, prepaid, caller } = live.call;
    if (prepaid === undefined) return Promise.resolve("refused");
    const { payer, number } = prepaid;
    const step = nextStep(prepaid, fee, this.#stepSeconds);
    const { callId, remoteTag: fromTag = "", localTag: toTag } = caller;
    const tags = { callId, fromTag, toTag };
    const reservation: Reservation = { id, contract, tags, number, step };
    // It may have ended while it waited for its turn.
    return this.#run(payer, async (ledger) =>
      this.#isOver(live) ? "refused" : ledger.reserve(reservation),
    );
  }

  #change(live: LiveCall, change: (prepaid: Prepaid) => Prepaid): void {
    const { prepaid } = live.call;
    if (prepaid !== undefined) live.call = { ...live.call, prepaid: change(prepaid) };
  }

  #act(live: LiveCall): void {
    const { id, prepaid, established, farewells } = live.call;
    const end = prepaid === undefined ? undefined : paidUntil(prepaid);
    if (!established || farewells !== undefined || end === undefined) return;
    const act = actOf(end, this.#asking.get(id) ?? NOT_YET, Date.now(), this.#reservationMs);
    if (act.kind === "ask") void this.#ask(live);
    else if (act.kind === "end") this.#endOfPaid(live, act.because);
    else this.#queue.set(id, this.#desk.transport.now() + act.untilMs - Date.now());
  }

  #endOfPaid(live: LiveCall, because: "credit" | "accounting"): void {
    const fee = live.call.prepaid?.tariff?.fee;
    const goesOn = this.#desk.settings.prepaidWithoutDatabase === "continue";
    if (because === "credit" || !goesOn || fee === undefined) {
      this.#end(live, because);
      return;
    }
    this.#change(live, (account) => withoutPaying(account, fee, this.#stepSeconds));
    void this.#desk.calls.save(live);
    this.#act(live);
  }

  async #ask(live: LiveCall): Promise<void> {
    const { id, prepaid } = live.call;
    if (prepaid?.tariff === undefined) return;
    const before = this.#asking.get(id);
    const sinceMs = before?.kind === "silent" ? before.sinceMs : Date.now();
    this.#asking.set(id, { kind: "asked", sinceMs });
    this.#act(live);
    const outcome = await this.#reserve(live, prepaid.tariff).catch((error: unknown) => {
      this.#onTrouble(reasonOf(error));
      return "silent" as const;
    });
    if (!this.#desk.calls.has(live)) return;
    if (outcome === "silent")
      this.#asking.set(id, { kind: "silent", sinceMs, againMs: Date.now() + ASK_AGAIN_MS });
    else this.#asking.set(id, this.#after(live, outcome));
    this.arm(live);
  }

  #after(live: LiveCall, outcome: number | "refused"): Asking {
    if (outcome === "refused") return { kind: "refused" };
    this.#change(live, (account) => withStep(account, outcome));
    void this.#desk.calls.save(live);
    return NOT_YET;
  }
}
