import { otherSide } from "./call.ts";
import type { LegTimer, Side } from "./call.ts";
import type { Desk } from "./desk.ts";
import { maxForwards } from "./hiding.ts";
import type { LiveCall } from "./live-calls.ts";
import { requestWithin } from "./sip/dialog.ts";
import { clientKey } from "./sip/matching.ts";
import type { SipResponse } from "./sip/message.ts";
import { TimerQueue } from "./sip/timer-queue.ts";
import type { EndCause } from "./tally.ts";
import { glareWaitMs, hasRunOut, nextOf, offerOf, settledTerms } from "./terms.ts";
import type { Due } from "./terms.ts";

const SIDES = ["caller", "callee"] as const;
/** What is overdue after a takeover is spread over this time: 10,000 calls are 1,000 messages a second. */
const SPREAD_MS = 10_000;
/** A side that was to refresh while no node answered has its transactions' time to come again. */
const GRACE_MS = 32_000;

interface Asked {
  readonly live: LiveCall;
  readonly side: Side;
  readonly method: "UPDATE" | "OPTIONS";
}

const keyOf = (id: string, what: Side | "end"): string => `${id}/${what}`;

/** The refreshes of sessions, the questions to sides that know no session timers, and the longest duration of calls. */
export class Sessions {
  readonly #desk: Desk;
  readonly #end: (live: LiveCall, cause: EndCause) => void;
  readonly #chance: () => number;
  readonly #queue = new TimerQueue();
  readonly #asked = new Map<string, Asked>();
  /** The legs of them: what was asked and is not answered yet is not asked again. */
  readonly #waiting = new Set<string>();

  /** @param chance from 0 to 1, a new one each time */
  constructor(
    desk: Desk,
    end: (live: LiveCall, cause: EndCause) => void,
    chance: () => number = Math.random,
  ) {
    this.#desk = desk;
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
    for (const side of SIDES) {
      const leg = keyOf(call.id, side);
      if (this.#waiting.has(leg)) continue;
      const timer = call.timers?.[side];
      this.#set(leg, timer === undefined ? undefined : nextOf(timer)?.atMs);
    }
    this.#desk.transport.rearm();
  }

  /** The same for a call of the process before: what is overdue comes soon, and not everything at once. */
  resume(live: LiveCall): void {
    this.arm(live);
    const { call } = live;
    for (const side of SIDES) {
      const timer = call.timers?.[side];
      const due = timer === undefined ? undefined : nextOf(timer);
      if (due === undefined || !call.established || due.atMs > Date.now()) continue;
      const waitMs = due.kind === "giveUp" ? GRACE_MS : this.#chance() * SPREAD_MS;
      this.#set(keyOf(call.id, side), Date.now() + waitMs);
    }
  }

  forget(id: string): void {
    for (const what of ["end", ...SIDES] as const) this.#queue.delete(keyOf(id, what));
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
    const due = timer === undefined ? undefined : nextOf(timer);
    if (timer === undefined || due === undefined) return;
    if (due.kind === "giveUp") this.#end(live, "sessionTimer");
    // One at a time: an INVITE between the legs refreshes by itself. A question whether the side lives collides with none.
    else if (live.invite !== undefined && due.kind === "refresh") this.#postpone(live, side);
    else this.#ask(live, side, timer, due);
  }

  #postpone(live: LiveCall, side: Side): void {
    const waitMs = glareWaitMs(side === "callee", this.#chance());
    this.#set(keyOf(live.call.id, side), Date.now() + waitMs);
  }

  #ask(live: LiveCall, side: Side, timer: LegTimer, due: Due): void {
    const method = due.kind === "refresh" ? "UPDATE" : "OPTIONS";
    const { settings, transport } = this.#desk;
    const terms = method === "UPDATE" ? offerOf(settings, timer) : [];
    const { dialog, request } = requestWithin(live.call[side], {
      method,
      via: this.#desk.via(),
      headers: [maxForwards(70), ...this.#desk.ownHeaders(method), ...terms],
    });
    live.call = { ...live.call, [side]: dialog };
    void this.#desk.store.save(live.call);
    this.#asked.set(clientKey(request), { live, side, method });
    this.#waiting.add(keyOf(live.call.id, side));
    transport.request(request, this.#desk.targetOf(dialog));
  }

  #answered(asked: Asked, response: SipResponse | undefined): void {
    const { live, side, method } = asked;
    const status = response?.status ?? 408;
    if (status === 481 || status === 408)
      this.#end(live, method === "UPDATE" ? "sessionTimer" : "keepAlive");
    else if (method === "OPTIONS") this.#goOn(live, side, { since: Date.now() });
    else this.#refreshed(asked, status, response);
  }

  #refreshed({ live, side }: Asked, status: number, response: SipResponse | undefined): void {
    const timer = live.call.timers?.[side];
    const isRefused = status === 491 || status === 500;
    // What cannot be refreshed until the end of the session is over (RFC 4028, 10).
    if (isRefused && timer !== undefined && hasRunOut(timer, Date.now()))
      this.#end(live, "sessionTimer");
    else if (isRefused) this.#postpone(live, side);
    else if (response !== undefined && status < 300)
      this.#goOn(live, side, settledTerms(response, this.#desk.settings, Date.now()));
    // It takes no UPDATE: then it is asked whether it lives.
    else this.#goOn(live, side, { kind: "keepAlive", since: Date.now() });
  }

  #goOn(live: LiveCall, side: Side, change: Partial<LegTimer>): void {
    const { timers } = live.call;
    if (timers === undefined) return;
    const other = otherSide(side);
    const timer = { ...timers[side], ...change };
    live.call = {
      ...live.call,
      timers: { ...timers, [side]: timer, [other]: timers[other] },
    };
    this.arm(live);
    void this.#desk.store.save(live.call);
  }
}
