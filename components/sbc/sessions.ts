import type { Acknowledgements } from "./acknowledgements.ts";
import { otherSide } from "./call.ts";
import type { Call, LegTimer, Side } from "./call.ts";
import type { Desk } from "./desk.ts";
import type { LiveCall } from "./live-calls.ts";
import { afterRefused } from "./outset.ts";
import type { Outset } from "./outset.ts";
import { questionTo } from "./questions.ts";
import type { Method, Question } from "./questions.ts";
import { refreshedDialog } from "./sip/dialog.ts";
import { clientKey } from "./sip/matching.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import { sessionEndMs } from "./sip/session-timer.ts";
import { TimerQueue } from "./sip/timer-queue.ts";
import type { EndCause } from "./tally.ts";
import { afterRefreshAnswer } from "./session-changes.ts";
import { descriptionOf, glareWaitMs, hasRunOut, nextFor, settledTerms } from "./terms.ts";
import type { Due } from "./terms.ts";

const SIDES = ["caller", "callee"] as const;
/** What is overdue after a takeover is spread over this time: 10,000 calls are 1,000 messages a second. */
const SPREAD_MS = 10_000;
/** A side that was to refresh while no node answered has its transactions' time to come again. */
const GRACE_MS = 32_000;
/** Of a refresh by INVITE, when the session is nearly over or was when it was sent: its transaction's time. */
const MIN_WAIT_MS = 32_000;

interface Asked {
  readonly live: LiveCall;
  readonly side: Side;
  readonly method: Method;
  readonly request: SipRequest;
}

/** What the sessions need of the rest of the B2BUA. */
interface Company {
  readonly desk: Desk;
  readonly acknowledgements: Acknowledgements;
  readonly end: (live: LiveCall, cause: EndCause) => void;
}

const keyOf = (id: string, what: Side | "end"): string => `${id}/${what}`;

/** The refreshes of sessions, the questions to sides that know no session timers, and the longest duration of calls. */
export class Sessions {
  readonly #desk: Desk;
  readonly #acknowledgements: Acknowledgements;
  readonly #end: (live: LiveCall, cause: EndCause) => void;
  readonly #chance: () => number;
  readonly #queue = new TimerQueue();
  readonly #asked = new Map<string, Asked>();
  /** The legs of them: what was asked and is not answered yet is not asked again. */
  readonly #waiting = new Set<string>();
  /** The calls with an INVITE of ours under way, and its transaction. */
  readonly #inviting = new Map<string, string>();
  /** Legs that are left alone for a while, milliseconds since 1970: whatever is due on them waits until then. */
  readonly #notBefore = new Map<string, number>();

  /** @param chance from 0 to 1, a new one each time */
  constructor({ desk, acknowledgements, end }: Company, chance: () => number = Math.random) {
    this.#desk = desk;
    this.#acknowledgements = acknowledgements;
    this.#end = end;
    this.#chance = chance;
  }

  get deadline(): number {
    return this.#queue.nextAt;
  }

  /** Brings the deadlines of an established call in line with its record. */
  arm({ call }: LiveCall): void {
    if (!call.established || call.farewells !== undefined) return;
    this.#set(keyOf(call.id, "end"), call.endsAt);
    for (const side of SIDES) this.#armLeg(call, side);
    this.#desk.transport.rearm();
  }

  #armLeg(call: Call, side: Side): void {
    const leg = keyOf(call.id, side);
    if (this.#waiting.has(leg)) return;
    const due = nextFor(call, side);
    const atMs = Math.max(due?.atMs ?? 0, this.#notBefore.get(leg) ?? 0);
    this.#set(leg, due === undefined ? undefined : atMs);
  }

  /** The same for a call of the process before: what is overdue comes soon, and not everything at once. */
  resume(live: LiveCall): void {
    const { call } = live;
    for (const side of SIDES) {
      const due = nextFor(call, side);
      if (due === undefined || !call.established || due.atMs > Date.now()) continue;
      const waitMs = due.kind === "giveUp" ? GRACE_MS : this.#chance() * SPREAD_MS;
      this.#notBefore.set(keyOf(call.id, side), Date.now() + waitMs);
    }
    this.arm(live);
  }

  forget(id: string): void {
    for (const what of ["end", ...SIDES] as const) {
      this.#queue.delete(keyOf(id, what));
      this.#notBefore.delete(keyOf(id, what));
    }
    this.#leaveInvite(id);
  }

  /** Whether an INVITE of ours to a side of the call is not answered: another one would collide with it. */
  isInviting(id: string): boolean {
    return this.#inviting.has(id);
  }

  /** Takes a response to an INVITE of ours. Returns whether it was one. */
  receive(key: string, response: SipResponse): boolean {
    const asked = this.#asked.get(key);
    if (asked?.method !== "INVITE") return false;
    return response.status < 200 || this.settled(key, response);
  }

  advance(nowMs: number): void {
    for (
      let key = this.#queue.takeDue(nowMs);
      key !== undefined;
      key = this.#queue.takeDue(nowMs)
    ) {
      const [id = "", what] = key.split("/");
      const live = this.#desk.calls.get(id);
      if (live?.call.established !== true || live.call.farewells !== undefined) continue;
      if (what === "end") this.#end(live, "callLength");
      else this.#due(live, what === "caller" ? "caller" : "callee");
    }
  }

  /** A final answer to a request of ours, or none in 64*T1. Returns whether it was one of these. */
  settled(key: string, response: SipResponse | undefined): boolean {
    const asked = this.#asked.get(key);
    if (asked === undefined) return false;
    this.#asked.delete(key);
    this.#waiting.delete(keyOf(asked.live.call.id, asked.side));
    this.#inviting.delete(asked.live.call.id);
    if (asked.method === "INVITE") this.#acknowledge(asked, response);
    if (asked.live.call.farewells === undefined) this.#answered(asked, response);
    return true;
  }

  /** Wall clock to the clock of the timers. */
  #set(key: string, atEpochMs: number | undefined): void {
    if (atEpochMs === undefined) this.#queue.delete(key);
    else this.#queue.set(key, this.#desk.transport.now() + atEpochMs - Date.now());
  }

  #due(live: LiveCall, side: Side): void {
    const timer = live.call.timers?.[side];
    const due = nextFor(live.call, side);
    if (timer === undefined || due === undefined) return;
    const isSilent = this.#waiting.has(keyOf(live.call.id, side));
    if (isSilent || due.kind === "giveUp") this.#end(live, "sessionTimer");
    // One at a time: an INVITE between the legs refreshes by itself. A question whether the side lives collides with none.
    else if (this.#isBusy(live) && due.kind === "refresh") this.#postpone(live, side);
    else this.#ask(live, side, timer, due);
  }

  #isBusy({ call, invite }: LiveCall): boolean {
    return invite !== undefined || this.isInviting(call.id);
  }

  #postpone(live: LiveCall, side: Side): void {
    const waitMs = glareWaitMs(side === "callee", this.#chance());
    this.#notBefore.set(keyOf(live.call.id, side), Date.now() + waitMs);
    this.arm(live);
  }

  #ask(live: LiveCall, side: Side, timer: LegTimer, due: Due): void {
    this.#put(live, side, questionTo(live.call, side, { timer, due, desk: this.#desk }), timer);
  }

  #put(live: LiveCall, side: Side, { call, method, request }: Question, timer: LegTimer): void {
    const { transport, calls } = this.#desk;
    const { id } = live.call;
    const leg = keyOf(id, side);
    live.call = call;
    void calls.save(live);
    const key = clientKey(request);
    this.#asked.set(key, { live, side, method, request });
    this.#waiting.add(leg);
    if (method === "INVITE") {
      this.#inviting.set(id, key);
      // After a provisional response no transaction ends by itself.
      this.#set(leg, Math.max(sessionEndMs(timer, timer.since), Date.now() + MIN_WAIT_MS));
    }
    transport.request(request, this.#desk.targetOf(call[side]));
  }

  /** The 2xx of an INVITE of ours has its ACK from us, each time that it comes. */
  #acknowledge({ live, side, request }: Asked, response: SipResponse | undefined): void {
    if (response === undefined || response.status >= 300) return;
    live.lastAck = this.#acknowledgements.give(live.call[side], request.cseq.sequence);
  }

  /** Nobody waits for it any more. */
  #leaveInvite(id: string): void {
    const key = this.#inviting.get(id);
    if (key === undefined) return;
    this.#inviting.delete(id);
    this.#asked.delete(key);
    this.#desk.transport.transactions.abandon(key);
  }

  #answered(asked: Asked, response: SipResponse | undefined): void {
    const { live, side, method } = asked;
    const status = response?.status ?? 408;
    if (status === 481 || status === 408)
      this.#end(live, method === "OPTIONS" ? "keepAlive" : "sessionTimer");
    else if (method === "OPTIONS") this.#goOn(live, side, { since: Date.now() });
    else this.#refreshed(asked, status, response);
  }

  #refreshed(asked: Asked, status: number, response: SipResponse | undefined): void {
    const { live, side, request } = asked;
    const again =
      response === undefined
        ? undefined
        : afterRefused(live.call, side, { sent: request, response, desk: this.#desk });
    if (status === 491 || status === 500) this.#tryLater(live, side);
    else if (again !== undefined) this.#askAgain(asked, again);
    else if (response !== undefined && status < 300) this.#isRefreshed(asked, response);
    // It does not take what it is owed: its session stays as it was (RFC 3261 section 14.1).
    else if (live.call.owed?.side === side) {
      live.call = { ...live.call, owed: undefined };
      this.#goOn(live, side, { since: Date.now() });
    }
    // It takes no refresh: then it is asked whether it lives.
    else this.#goOn(live, side, { kind: "keepAlive", since: Date.now() });
  }

  /** What cannot be refreshed until the end of the session is over (RFC 4028 section 10). */
  #tryLater(live: LiveCall, side: Side): void {
    const timer = live.call.timers?.[side];
    if (timer !== undefined && hasRunOut(timer, Date.now())) this.#end(live, "sessionTimer");
    else this.#postpone(live, side);
  }

  /** It wants a longer interval, or to know who we are: at once, with that. */
  #askAgain({ live, side, method }: Asked, { call, sent }: Outset): void {
    const timer = call.timers?.[side];
    if (timer !== undefined) this.#put(live, side, { call, method, request: sent }, timer);
  }

  #isRefreshed({ live, side, method }: Asked, response: SipResponse): void {
    const settled = settledTerms(response, this.#desk.settings, Date.now());
    live.call = { ...live.call, [side]: refreshedDialog(live.call[side], response) };
    if (method === "INVITE") live.call = this.#withAnswer(live.call, side, response);
    // Who was asked by UPDATE takes it, whether its answer says so or not.
    this.#goOn(live, side, method === "UPDATE" ? { ...settled, byInvite: undefined } : settled);
  }

  /** What the side answers, as the other one gets it. */
  #withAnswer(call: Call, side: Side, response: SipResponse): Call {
    const { body } = this.#desk.onward(response, call, otherSide(side));
    return afterRefreshAnswer(call, side, descriptionOf({ ...response, body }));
  }

  #goOn(live: LiveCall, side: Side, change: Partial<LegTimer>): void {
    const { timers } = live.call;
    if (timers === undefined) return;
    const timer = { ...timers[side], ...change };
    live.call = { ...live.call, timers: { ...timers, [side]: timer } };
    this.arm(live);
    void this.#desk.calls.save(live);
  }
}
