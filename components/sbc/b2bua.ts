import { otherSide } from "./call.ts";
import type { Side } from "./call.ts";
import type { Desk } from "./desk.ts";
import { endCall } from "./ending.ts";
import type { Parts } from "./ending.ts";
import { Exchanges } from "./exchanges.ts";
import { Farewells } from "./farewells.ts";
import { ALLOW, CAPABILITIES, SERVER, hopsLeft } from "./hiding.ts";
import type { LiveCall } from "./live-calls.ts";
import { tagOf } from "./sip/address.ts";
import { refusalOf } from "./sip/admission.ts";
import { admitRequest } from "./sip/dialog.ts";
import type { Header } from "./sip/header.ts";
import { cancelledKey } from "./sip/matching.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import { responseTo } from "./sip/responses.ts";
import type { EndCause } from "./tally.ts";
import { PrepaidCalls } from "./prepaid/prepaid-calls.ts";
import type { Accounting } from "./prepaid/prepaid-calls.ts";
import { RELAYED, Relays, WITHIN_ONLY } from "./relays.ts";
import { Sessions } from "./sessions.ts";
import { tooSmall } from "./terms.ts";
import { resumeCall } from "./takeover.ts";
import { randomToken } from "./transport.ts";
import type { Core, CoreInput } from "./transport.ts";

const RETRY_SECONDS = 5;

/**
 * The back-to-back user agent: each call is two dialogs of our own, and a message of one leg becomes a new message of
 * the other. What another process needs in order to go on is in the store before anybody hears of it.
 */
export class B2bua implements Core {
  readonly #desk: Desk;
  readonly #exchanges: Exchanges;
  readonly #farewells: Farewells;
  readonly #sessions: Sessions;
  readonly #relays: Relays;
  readonly #prepaid: PrepaidCalls;

  constructor(desk: Desk, accounting: Accounting) {
    this.#desk = desk;
    this.#farewells = new Farewells(this.#desk);
    this.#exchanges = new Exchanges(this.#desk, this.#farewells);
    const { acknowledgements } = this.#exchanges;
    const end = (live: LiveCall, cause: EndCause): void => this.end(live, cause);
    this.#sessions = new Sessions({ desk, acknowledgements, end });
    this.#prepaid = new PrepaidCalls({ desk, end, ...accounting });
    this.#relays = new Relays(this.#desk);
    this.#relays.onRefreshed = (live) => this.#sessions.arm(live);
    this.#exchanges.onSettled = (live) => {
      this.#sessions.arm(live);
      this.#prepaid.arm(live);
    };
    this.#desk.calls.onRemoved = (id) => {
      this.#sessions.forget(id);
      this.#prepaid.forget(id);
    };
  }

  get #parts(): Parts {
    return { desk: this.#desk, exchanges: this.#exchanges, farewells: this.#farewells };
  }

  get deadline(): number {
    const { deadline, provisionals } = this.#exchanges;
    const { deadline: ofSessions } = this.#sessions;
    return Math.min(deadline, provisionals.deadline, ofSessions, this.#prepaid.deadline);
  }

  advance(nowMs: number): void {
    this.#exchanges.advance(nowMs);
    this.#exchanges.provisionals.advance(nowMs);
    this.#sessions.advance(nowMs);
    this.#prepaid.advance(nowMs);
  }

  /** Goes on with the calls of the process before; until it resolves, calls that are asked for come first. */
  async takeOver(): Promise<number> {
    const count = await this.#desk.calls.takeOver((live) => {
      this.#desk.tally.takenOver += 1;
      resumeCall(live, this.#parts);
      this.#sessions.resume(live);
      this.#prepaid.resume(live);
    });
    void this.#prepaid.watchForLost();
    return count;
  }

  /** Ends a call that neither side ends. */
  end(live: LiveCall, cause: EndCause): void {
    endCall(live, cause, this.#parts);
  }

  receive(input: CoreInput): void {
    switch (input.kind) {
      case "request": {
        this.#onRequest(input.key, input.request);
        return;
      }
      case "cancel": {
        this.#onCancel(input.key, input.request);
        return;
      }
      case "ack": {
        this.#desk.calls.withLeg(tagOf(input.request.to), (sought, side) => {
          if (typeof sought === "object") this.#exchanges.acknowledge(sought, side, input.request);
        });
        return;
      }
      case "response": {
        this.#onResponse(input.key, input.response);
        return;
      }
      case "strayResponse": {
        this.#onStray(input.response);
        return;
      }
      case "failed": {
        this.#onFailed(input.key, input.because === "timeout" ? 408 : 503);
        return;
      }
    }
  }

  #onRequest(key: string, request: SipRequest): void {
    const tag = tagOf(request.to);
    if (hopsLeft(request) === 0 && request.method !== "OPTIONS") {
      this.#answer(key, request, 483);
      return;
    }
    if (tag === undefined) {
      this.#onOutside(key, request);
      return;
    }
    this.#desk.calls.withLeg(tag, (sought, side) => {
      if (typeof sought === "object") this.#onWithin(sought, side, key, request);
      else this.#notFound(sought, key, request);
    });
  }

  /** A call that cannot be read may well be there: its sides are not told that it is gone. */
  #notFound(sought: "absent" | "unreadable", key: string, request: SipRequest): void {
    this.#answer(key, request, sought === "absent" ? 481 : 503);
  }

  #answer(key: string, request: SipRequest, status: number, headers: readonly Header[] = []): void {
    const answer = { status, toTag: randomToken(), headers: [SERVER, ...headers] };
    this.#desk.transport.respond(key, responseTo(request, answer));
  }

  #onOutside(key: string, request: SipRequest): void {
    // With no hop left it is an OPTIONS, which ends here in any case.
    const refusal = hopsLeft(request) === 0 ? undefined : refusalOf(request, CAPABILITIES);
    if (refusal !== undefined) this.#answer(key, request, refusal.status, refusal.headers);
    else if (request.method === "INVITE") this.#onInvite(key, request);
    else if (request.method === "OPTIONS") this.#answer(key, request, 200, [ALLOW]);
    else if (WITHIN_ONLY.has(request.method)) this.#answer(key, request, 481);
    else this.#answer(key, request, 405, [ALLOW]);
  }

  #onInvite(key: string, request: SipRequest): void {
    if (this.#isTooSmall(key, request)) return;
    this.#desk.calls.withInvite(key, (sought) => {
      if (sought === "absent") this.#exchanges.begin(key, request);
      else if (sought === "unreadable") this.#answer(key, request, 503);
      // Its transaction has failed before, and the call with it.
      else if (sought.call.exchange?.cancelled === true) this.#answer(key, request, 487);
    });
  }

  /** Answers an interval of a session that is shorter than we take (RFC 4028 section 9). */
  #isTooSmall(key: string, request: SipRequest): boolean {
    const minSe = tooSmall(request, this.#desk.settings);
    if (minSe !== undefined) this.#answer(key, request, 422, minSe);
    return minSe !== undefined;
  }

  #onWithin(live: LiveCall, side: Side, key: string, request: SipRequest): void {
    const admission = admitRequest(live.call[side], request);
    if (admission.kind === "refused") {
      this.#answer(key, request, admission.status);
      return;
    }
    live.call = { ...live.call, [side]: admission.dialog };
    if (request.method === "BYE") {
      this.#onBye(live, side, key, request);
      return;
    }
    if (live.call.farewells !== undefined) {
      this.#answer(key, request, 481);
      return;
    }
    if (this.#collides(live, request)) {
      this.#answer(key, request, 491);
      return;
    }
    if (request.method === "INVITE") {
      this.#onReinvite(live, side, key, request);
      return;
    }
    if (RELAYED.has(request.method)) {
      this.#relays.begin(live, side, key, request);
      return;
    }
    if (request.method === "PRACK") {
      this.#exchanges.provisionals.acknowledge(live, side, key, request);
      return;
    }
    this.#answer(key, request, 405, [ALLOW]);
  }

  /** An offer of a side, while a refresh of ours by INVITE is an offer too (RFC 3261 section 14.2, RFC 3311 section 5.2). */
  #collides({ call }: LiveCall, { method, body }: SipRequest): boolean {
    const offers = method === "INVITE" || (method === "UPDATE" && body.length > 0);
    return offers && this.#sessions.isInviting(call.id);
  }

  /** One INVITE at a time: of the same side it comes too early, of the other side both collide (RFC 3261 section 14.2). */
  #onReinvite(live: LiveCall, side: Side, key: string, request: SipRequest): void {
    if (this.#isTooSmall(key, request)) return;
    if (live.invite === undefined) {
      this.#exchanges.continue(live, side, key, request);
      return;
    }
    if (live.call.exchange?.from !== side) {
      this.#answer(key, request, 491);
      return;
    }
    this.#answer(key, request, 500, [{ name: "Retry-After", value: String(RETRY_SECONDS) }]);
  }

  /** The other leg's BYE is written down before this one is answered: whoever dies in between, the call ends. */
  #onBye(live: LiveCall, side: Side, key: string, request: SipRequest): void {
    const { established, exchange } = live.call;
    const early = !established && exchange?.state !== "answered";
    // Before its 2xx the callee has no BYE to send (RFC 3261 section 15).
    if (early && side === "callee") {
      this.#answer(key, request, 481);
      return;
    }
    if (early) {
      this.#answer(key, request, 200);
      this.#exchanges.cancel(live);
      return;
    }
    this.#exchanges.abandon(live);
    void this.#farewells.end(live, [otherSide(side)]).then(() => this.#answer(key, request, 200));
  }

  #onCancel(key: string, cancel: SipRequest): void {
    this.#desk.calls.withInvite(cancelledKey(cancel), (sought) => {
      if (typeof sought === "string") {
        this.#notFound(sought, key, cancel);
        return;
      }
      this.#answer(key, cancel, 200);
      this.#exchanges.cancel(sought);
    });
  }

  #onResponse(key: string, response: SipResponse): void {
    const live = this.#desk.calls.byInvite(key);
    if (live?.invite !== undefined) this.#exchanges.receive(live, live.invite, response);
    else if (this.#sessions.receive(key, response)) return;
    else if (response.cseq.method === "INVITE") this.#onStray(response);
    else if (response.status >= 200) this.#settle(key, response);
  }

  /** Hands the end of a request that is no INVITE to whoever sent it. */
  #settle(key: string, response: SipResponse | undefined, failure = 408): void {
    if (this.#farewells.settled(key, response) || this.#sessions.settled(key, response)) return;
    if (this.#exchanges.provisionals.settled(key, response, failure)) return;
    this.#relays.settled(key, response, failure);
  }

  /** A 2xx that comes again. Before its call is read from the store it is let go: it will come once more. */
  #onStray(response: SipResponse): void {
    if (response.status < 200 || response.status >= 300) return;
    this.#desk.calls.withLeg(tagOf(response.from), (sought, side) => {
      if (typeof sought === "object" && sought.call.established)
        this.#exchanges.acknowledgements.repeat(sought, side, response);
    });
  }

  #onFailed(key: string, status: number): void {
    const live = this.#desk.calls.byInvite(key);
    if (live?.invite?.clientKey === key) {
      this.#exchanges.fail(live, live.invite, status);
      return;
    }
    if (live?.invite?.serverKey === key) {
      // Nothing that we say reaches the sender any more.
      this.#exchanges.cancel(live);
      return;
    }
    this.#settle(key, undefined, status);
  }
}
