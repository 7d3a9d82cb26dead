import { onward } from "./answers.ts";
import { otherSide, requestOfText, responseOfText, textOfMessage } from "./call.ts";
import type { Exchange, Reliable, Side } from "./call.ts";
import type { Desk } from "./desk.ts";
import { SERVER, hopsLeft, maxForwards, onwardStatus } from "./hiding.ts";
import type { LiveCall, OpenInvite } from "./live-calls.ts";
import { afterRefused } from "./outset.ts";
import { acknowledgedBy, isWaiting, nextReliable, telling } from "./reliable.ts";
import { tagOf } from "./sip/address.ts";
import { answeredDialog, requestWithin } from "./sip/dialog.ts";
import { clientKey } from "./sip/matching.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import { rackFor, rackOf, reliabilityOf, reliableHeaders, rseqOf } from "./sip/reliability.ts";
import { responseTo } from "./sip/responses.ts";
import {
  retransmissionDeadline,
  startRetransmission,
  stepRetransmission,
} from "./sip/retransmission.ts";
import type { Retransmission } from "./sip/retransmission.ts";
import { NO_BYTES } from "./sip/transaction.ts";
import { TimerQueue } from "./sip/timer-queue.ts";

/** A PRACK of the sender that waits for what the other leg says. */
interface Asking {
  readonly key: string;
  readonly request: SipRequest;
}

/**
 * The provisional responses to INVITEs. Reliable ones (RFC 3262) go from one leg to the other and their PRACKs back, with
 * what they offer and answer; each leg has numbers of its own. Where the sender of the INVITE knows none, the other leg
 * gets its PRACK from here. One is between the legs at a time: the next one is let go, and comes again.
 */
export class Provisionals {
  readonly #desk: Desk;
  readonly #queue = new TimerQueue();
  readonly #repeated = new Map<string, Retransmission>();
  readonly #open = new Map<string, { readonly live: LiveCall; readonly sent: SipRequest }>();
  /** By the id of the call. */
  readonly #asking = new Map<string, Asking>();
  /** Told of each call whose reliable response got no PRACK in 64*T1. */
  onUnacknowledged: (live: LiveCall) => void = () => undefined;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  get deadline(): number {
    return this.#queue.nextAt;
  }

  /** A response of the other leg, other than 100, to an INVITE whose sender waits for it. */
  receive(live: LiveCall, invite: OpenInvite, response: SipResponse): void {
    const { exchange } = live.call;
    if (exchange === undefined) return;
    const rseq = rseqOf(response);
    if (rseq !== undefined) this.#reliable(live, invite, response, rseq);
    // Who insists on reliable ones gets no other; what is not reliable there is not made so here.
    else if (reliabilityOf(invite.received) !== "required") {
      const answer = this.#heard(live, invite, response, exchange);
      void this.#desk.calls.save(live);
      this.#desk.transport.respond(invite.serverKey, answer);
    }
  }

  /** The response for the sender; the call has it. */
  #heard(
    live: LiveCall,
    invite: OpenInvite,
    response: SipResponse,
    exchange: Exchange,
  ): SipResponse {
    const { call } = live;
    const rseq = exchange.reliable?.state === "waiting" ? exchange.reliable.rseq : undefined;
    const terms = rseq === undefined || rseqOf(response) === undefined ? [] : reliableHeaders(rseq);
    const answer = onward({ call, invite }, response, this.#desk, terms);
    live.call = {
      ...call,
      exchange: { ...exchange, state: "early", answer: textOfMessage(answer) },
    };
    if (!call.established)
      live.call = { ...live.call, callee: answeredDialog(call.callee, response) };
    return answer;
  }

  #reliable(live: LiveCall, invite: OpenInvite, response: SipResponse, rseq: number): void {
    const { call } = live;
    const { exchange } = call;
    if (exchange === undefined) return;
    const { from } = exchange;
    const dialog = call[otherSide(from)];
    const next = nextReliable(exchange.reliable, {
      rseq,
      isKnown: reliabilityOf(invite.received) !== "none",
      dialog: call.established ? dialog : answeredDialog(dialog, response),
      tag: tagOf(response.to) ?? "",
    });
    if (next === undefined) return;
    const told = telling({ ...exchange, reliable: next }, from, response);
    const answer = this.#heard(live, invite, response, told);
    if (next.rseq !== undefined) this.#await(live, invite, answer);
    else {
      this.#desk.transport.respond(invite.serverKey, answer);
      this.#prack(live, invite);
    }
  }

  /** Written down before its sender hears of it: the next process has to know the number. */
  #await(live: LiveCall, invite: OpenInvite, answer: SipResponse): void {
    this.#change(live, { response: textOfMessage(answer) });
    const reliable = live.call.exchange?.reliable;
    void this.#desk.calls.save(live).then(() => {
      if (live.invite === invite && live.call.exchange?.reliable?.rseq === reliable?.rseq)
        this.#repeat(live, invite);
    });
  }

  /** Sends the response, and again until its PRACK comes. */
  #repeat(live: LiveCall, invite: OpenInvite): void {
    const answer = responseOfText(live.call.exchange?.reliable?.response ?? "");
    if (answer === undefined || !isWaiting(live.call)) return;
    const { transport, timers } = this.#desk;
    transport.respond(invite.serverKey, answer);
    this.#arm(live.call.id, startRetransmission("reliableProvisional", transport.now(), timers));
    transport.rearm();
  }

  #arm(id: string, retransmission: Retransmission): void {
    this.#repeated.set(id, retransmission);
    this.#queue.set(id, retransmissionDeadline(retransmission));
  }

  advance(nowMs: number): void {
    for (let id = this.#queue.takeDue(nowMs); id !== undefined; id = this.#queue.takeDue(nowMs)) {
      const retransmission = this.#repeated.get(id);
      this.#repeated.delete(id);
      const live = this.#desk.calls.get(id);
      if (live?.invite !== undefined && retransmission !== undefined && isWaiting(live.call))
        this.#due(live, live.invite, stepRetransmission(retransmission, nowMs));
    }
  }

  #due(live: LiveCall, invite: OpenInvite, step: ReturnType<typeof stepRetransmission>): void {
    if (step.kind === "giveUp") {
      this.onUnacknowledged(live);
      return;
    }
    const answer = responseOfText(live.call.exchange?.reliable?.response ?? "");
    if (step.kind === "send" && answer !== undefined)
      this.#desk.transport.respond(invite.serverKey, answer);
    this.#arm(live.call.id, step.next);
  }

  /** A PRACK of a side, whose dialog has let it in. */
  acknowledge(live: LiveCall, side: Side, key: string, request: SipRequest): void {
    const rack = rackOf(request);
    const reliable = rack === undefined ? undefined : acknowledgedBy(live, side, rack);
    if (rack === undefined) this.#answer({ key, request }, 400);
    else if (reliable === undefined || live.invite === undefined)
      this.#answer({ key, request }, 481);
    else if (reliable.state === "waiting") this.#prack(live, live.invite, { key, request });
    else this.#again(live, reliable, { key, request });
  }

  /** One that comes again, to a process that did not have it before. */
  #again(live: LiveCall, reliable: Reliable, asking: Asking): void {
    const answer = responseOfText(reliable.answer ?? "");
    if (reliable.prackSequence !== asking.request.cseq.sequence) this.#answer(asking, 481);
    else if (reliable.state === "acknowledging") this.#asking.set(live.call.id, asking);
    else if (answer === undefined) this.#answer(asking, 408);
    else this.#back(live, asking, answer);
  }

  /** The PRACK of the other leg: with what the sender's says, or our own. Written down before it is sent. */
  #prack(live: LiveCall, invite: OpenInvite, asking?: Asking): void {
    const { exchange } = live.call;
    const last = exchange?.reliable?.heard.at(-1);
    if (exchange?.reliable === undefined || last === undefined) return;
    const to = otherSide(exchange.from);
    const { localSequence } = live.call[to];
    const rack = rackFor(invite.sent, last.rseq);
    const { headers, body } = this.#content(live, to, asking);
    const { request: sent } = requestWithin(
      { ...exchange.reliable.dialog, localSequence },
      { method: "PRACK", via: this.#desk.via(), headers: [rack, ...headers], body },
    );
    live.call = { ...live.call, exchange: telling(exchange, to, sent) };
    if (asking !== undefined) {
      this.#asking.set(live.call.id, asking);
      this.#change(live, { prackSequence: asking.request.cseq.sequence });
    }
    this.#underway(live, to, sent);
  }

  /** What our PRACK hands on of the sender's; nothing where there was none. */
  #content(live: LiveCall, to: Side, asking: Asking | undefined) {
    if (asking === undefined) return { headers: [maxForwards(70)], body: NO_BYTES };
    const { headers, body } = this.#desk.onward(asking.request, live.call, to);
    return { headers: [maxForwards(hopsLeft(asking.request) - 1), ...headers], body };
  }

  #underway(live: LiveCall, to: Side, sent: SipRequest): void {
    const reliable = live.call.exchange?.reliable;
    if (reliable === undefined) return;
    const target = this.#desk.targetOf(reliable.dialog);
    const localSequence = sent.cseq.sequence;
    live.call = { ...live.call, [to]: { ...live.call[to], localSequence } };
    this.#change(live, {
      state: "acknowledging",
      prack: { request: textOfMessage(sent), target },
    });
    this.#open.set(clientKey(sent), { live, sent });
    void this.#desk.calls.save(live).then(() => this.#desk.transport.request(sent, target));
  }

  /** A final answer to a PRACK, or none in 64*T1. Returns whether it belonged to one of these. */
  settled(key: string, response: SipResponse | undefined, failure = 408): boolean {
    const open = this.#open.get(key);
    if (open === undefined) return false;
    const { live, sent } = open;
    this.#open.delete(key);
    if (response !== undefined && this.#sendAgain(live, sent, response)) return true;
    const asking = this.#asking.get(live.call.id);
    this.#asking.delete(live.call.id);
    const { exchange } = live.call;
    if (exchange !== undefined && response !== undefined)
      live.call = { ...live.call, exchange: telling(exchange, exchange.from, response) };
    const answer = response === undefined ? undefined : textOfMessage(response);
    this.#change(live, { state: "acknowledged", answer, prack: undefined });
    const saved = exchange === undefined ? Promise.resolve() : this.#desk.calls.save(live);
    void saved.then(() => {
      if (asking === undefined) return;
      if (response === undefined) this.#answer(asking, failure);
      else this.#back(live, asking, response);
    });
    return true;
  }

  /** Who wants to know who we are gets the PRACK once more, with that. */
  #sendAgain(live: LiveCall, sent: SipRequest, response: SipResponse): boolean {
    const { exchange } = live.call;
    if (exchange?.reliable === undefined || !this.#desk.calls.has(live)) return false;
    const to = otherSide(exchange.from);
    const { localSequence } = live.call[to];
    const call = { ...live.call, [to]: { ...exchange.reliable.dialog, localSequence } };
    const again = afterRefused(call, to, { sent, response, desk: this.#desk });
    if (again !== undefined) this.#underway(live, to, again.sent);
    return again !== undefined;
  }

  #back({ call }: LiveCall, { key, request }: Asking, response: SipResponse): void {
    const to = call.exchange?.from ?? "caller";
    const { headers, body } = this.#desk.onward(response, call, to);
    const answer = { status: onwardStatus(response.status), headers, body };
    this.#desk.transport.respond(key, responseTo(request, answer));
  }

  /** Goes on where the process before left it: the response is repeated, or the other leg's PRACK. */
  resume(live: LiveCall, invite: OpenInvite): void {
    const reliable = live.call.exchange?.reliable;
    if (reliable?.state === "waiting") this.#repeat(live, invite);
    const request = requestOfText(reliable?.prack?.request ?? "");
    if (request === undefined || reliable?.prack === undefined) return;
    this.#open.set(clientKey(request), { live, sent: request });
    this.#desk.transport.request(request, reliable.prack.target);
  }

  #change(live: LiveCall, change: Partial<Reliable>): void {
    const { exchange } = live.call;
    if (exchange?.reliable === undefined) return;
    const reliable = { ...exchange.reliable, ...change };
    live.call = { ...live.call, exchange: { ...exchange, reliable } };
  }

  #answer({ key, request }: Asking, status: number): void {
    this.#desk.transport.respond(key, responseTo(request, { status, headers: [SERVER] }));
  }
}
