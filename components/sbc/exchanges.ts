import { Acknowledgements } from "./acknowledgements.ts";
import { answered, failureOf, isOtherFork } from "./answers.ts";
import { otherSide, textOfMessage, withoutExchange } from "./call.ts";
import type { Exchange, Side } from "./call.ts";
import { withoutAccount } from "./credentials.ts";
import type { Desk } from "./desk.ts";
import type { Farewells } from "./farewells.ts";
import { onwardStatus } from "./hiding.ts";
import type { LiveCall, OpenInvite } from "./live-calls.ts";
import { afterRefused, newCall, nextInvite } from "./outset.ts";
import { Provisionals } from "./provisionals.ts";
import { mustWait } from "./reliable.ts";
import { RingLimit } from "./ring-limit.ts";
import { answeredDialog } from "./sip/dialog.ts";
import { clientKey } from "./sip/matching.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import { cancelOf } from "./sip/requests.ts";
import { responseTo } from "./sip/responses.ts";
import {
  retransmissionDeadline,
  startRetransmission,
  stepRetransmission,
} from "./sip/retransmission.ts";
import { TimerQueue } from "./sip/timer-queue.ts";
import { NEVER, patienceMs } from "./sip/timers.ts";
import { withAnswerInAck } from "./terms.ts";
import { randomToken } from "./transport.ts";

/** INVITEs between the legs, the first one of a call and later ones: one at a time, from its arrival to its ACK. */
export class Exchanges {
  readonly #desk: Desk;
  readonly #farewells: Farewells;
  readonly acknowledgements: Acknowledgements;
  readonly provisionals: Provisionals;
  readonly rings: RingLimit;
  /** Told of each call whose INVITE has had its ACK. */
  onSettled: (live: LiveCall) => void = () => undefined;
  readonly #queue = new TimerQueue();
  /** The client transactions that nobody waits for. */
  readonly #left = new TimerQueue();

  constructor(desk: Desk, farewells: Farewells) {
    this.#desk = desk;
    this.acknowledgements = new Acknowledgements(desk, farewells);
    this.provisionals = new Provisionals(desk);
    this.provisionals.onUnacknowledged = (live) => this.cancel(live, 504);
    this.#farewells = farewells;
    this.rings = new RingLimit(desk, (live) => this.cancel(live, 408));
  }

  get deadline(): number {
    return Math.min(this.#queue.nextAt, this.#left.nextAt, this.rings.deadline);
  }

  /** A new call. The record is written when the INVITE goes on, so that a call which only heard 100 survives. */
  begin(serverKey: string, invite: SipRequest): void {
    const { transport, calls, nextHop, tally } = this.#desk;
    const outset = newCall(invite, this.#desk);
    if (outset === undefined) {
      const answer = { status: 400, reason: "Missing Contact", toTag: randomToken() };
      transport.respond(serverKey, responseTo(invite, answer));
      return;
    }
    const { call, sent } = outset;
    const live: LiveCall = { call };
    calls.add(live);
    tally.received += 1;
    const received = withoutAccount(invite);
    this.#send(live, "caller", { serverKey, received, sent, target: nextHop });
  }

  /** An INVITE within the call, whose dialog has let it in. */
  continue(live: LiveCall, side: Side, serverKey: string, invite: SipRequest): void {
    const { call, sent } = nextInvite(live.call, side, invite, this.#desk);
    live.call = call;
    const target = this.#desk.targetOf(call[otherSide(side)]);
    this.#send(live, side, { serverKey, received: invite, sent, target });
  }

  #send(
    live: LiveCall,
    from: Side,
    way: Pick<OpenInvite, "serverKey" | "received" | "sent"> & Pick<Exchange, "target">,
  ): void {
    const { serverKey, received, sent, target } = way;
    const texts = { received: textOfMessage(received), sent: textOfMessage(sent) };
    live.call = { ...live.call, exchange: { from, ...texts, target, state: "calling" } };
    this.#desk.calls.openInvite(live, { serverKey, clientKey: clientKey(sent), received, sent });
    void this.#desk.calls.save(live);
    this.rings.begin(live);
    this.#desk.dispatch(live, sent, target);
  }

  /** A response of the other leg to an INVITE that is open. */
  receive(live: LiveCall, invite: OpenInvite, response: SipResponse): void {
    if (response.status < 200) this.#ring(live, invite, response);
    else if (response.status < 300) this.#success(live, invite, response);
    else if (!this.#sendAgain(live, invite, response))
      this.fail(live, invite, onwardStatus(response.status), response);
  }

  /** Sends the INVITE again when the other leg wants a longer interval, or to know who we are. */
  #sendAgain(live: LiveCall, invite: OpenInvite, response: SipResponse): boolean {
    const { exchange } = live.call;
    if (exchange === undefined || exchange.cancelled === true) return false;
    const to = otherSide(exchange.from);
    const again = afterRefused(live.call, to, { sent: invite.sent, response, desk: this.#desk });
    if (again === undefined) return false;
    const { serverKey, received } = invite;
    this.#desk.calls.closeInvite(live);
    live.call = again.call;
    const way = { serverKey, received, sent: again.sent, target: exchange.target };
    this.#send(live, exchange.from, way);
    return true;
  }

  #ring(live: LiveCall, invite: OpenInvite, response: SipResponse): void {
    const { exchange } = live.call;
    if (exchange === undefined || invite.answer !== undefined) return;
    if (exchange.cancelled === true) this.cancelOnward(live, invite);
    else if (response.status > 100) this.provisionals.receive(live, invite, response);
  }

  #success(live: LiveCall, invite: OpenInvite, response: SipResponse): void {
    const { exchange, established } = live.call;
    if (exchange === undefined) return;
    const to = otherSide(exchange.from);
    const isInVain = exchange.cancelled === true && !established;
    if (isInVain || isOtherFork(live, invite, response)) {
      this.#refuseFork(live, invite, response, to);
      return;
    }
    // The 2xx comes again until it has its ACK.
    if (invite.answer !== undefined || mustWait(live.call)) return;
    const { call, answer } = answered(live.call, exchange, { invite, response, desk: this.#desk });
    live.call = call;
    invite.answer = answer;
    void this.#desk.calls.save(live).then(() => {
      if (live.invite === invite) this.repeat(live, invite, answer);
    });
  }

  /** Sends the 2xx, and again until its ACK comes. */
  repeat(live: LiveCall, invite: OpenInvite, answer: SipResponse): void {
    const { transport, timers } = this.#desk;
    transport.respond(invite.serverKey, answer);
    invite.answer = answer;
    invite.retransmission = startRetransmission("success", transport.now(), timers);
    this.#queue.set(live.call.id, retransmissionDeadline(invite.retransmission));
    transport.rearm();
  }

  /** A 2xx that the sender of the INVITE does not hear of: it is acknowledged, and its call ended. */
  #refuseFork(live: LiveCall, invite: OpenInvite, response: SipResponse, to: Side): void {
    const dialog = answeredDialog(live.call[to], response);
    const { sequence } = invite.sent.cseq;
    if (live.call.exchange?.cancelled !== true) {
      this.acknowledgements.dismiss(dialog, sequence);
      return;
    }
    this.acknowledgements.give(dialog, sequence);
    live.call = { ...live.call, [to]: dialog };
    this.#close(live);
    void this.#farewells.end(live, [to]);
  }

  /** The INVITE has failed: its sender gets the status, and a call that was not yet is no more. */
  fail(live: LiveCall, invite: OpenInvite, status: number, response?: SipResponse): void {
    const { exchange, established } = live.call;
    const isWaitedFor = exchange?.cancelled !== true || established;
    if (isWaitedFor && invite.answer === undefined) {
      const answer = failureOf(live, invite, { status, response }, this.#desk);
      this.#desk.transport.respond(invite.serverKey, answer);
    }
    if (established) {
      this.#close(live);
      void this.#desk.calls.save(live);
    } else {
      this.rings.end(live.call.id);
      this.#queue.delete(live.call.id);
      this.#desk.tally.failed += 1;
      this.#desk.calls.remove(live);
    }
  }

  /** The ACK of a 2xx goes on to the other leg, with the answer to its offer if it carries one. */
  acknowledge(live: LiveCall, side: Side, ack: SipRequest): void {
    const { invite, call } = live;
    if (
      invite?.answer === undefined ||
      call.exchange?.from !== side ||
      ack.cseq.sequence !== invite.received.cseq.sequence
    )
      return;
    live.lastAck = this.acknowledgements.passOn(call, otherSide(side), invite.sent, ack);
    this.#close(live);
    if (!live.call.established) this.#desk.tally.answered += 1;
    live.call = { ...withAnswerInAck(live.call, side, ack), established: true };
    this.onSettled(live);
    void this.#desk.calls.save(live);
  }

  /**
   * The sender gives up: the other leg gets a CANCEL as soon as it may have one. A new call is over at once, by 487. Of a
   * re-INVITE the sender hears how it ended: a 2xx that crosses the CANCEL has changed the session, and holds.
   */
  cancel(live: LiveCall, status = 487): void {
    const { invite, call } = live;
    if (invite === undefined || invite.answer !== undefined || call.exchange === undefined) return;
    if (call.exchange.cancelled === true) return;
    live.call = { ...call, exchange: { ...call.exchange, cancelled: true } };
    void this.#desk.calls.save(live);
    this.heardNoMore(live, invite, status);
    const transaction = this.#desk.transport.transactions.transaction(invite.clientKey);
    // Of an INVITE that waits to be paid the other leg has not heard: there is nobody to wait for.
    if (transaction === undefined) this.fail(live, invite, status);
    else if (transaction.phase !== "calling") this.cancelOnward(live, invite);
  }

  /** The end of a new call for its sender; a re-INVITE is answered as the other leg answers it. */
  heardNoMore(live: LiveCall, invite: OpenInvite, status = 487): void {
    if (!live.call.established) this.#answerCancelled(live, invite, status);
  }

  #answerCancelled({ call }: LiveCall, { serverKey, received }: OpenInvite, status = 487): void {
    const toTag = call[call.exchange?.from ?? "caller"].localTag;
    this.#desk.transport.respond(serverKey, responseTo(received, { status, toTag }));
  }

  /** CANCEL of an INVITE that has had a provisional response, and 64*T1 for its end (RFC 3261 section 9.1). */
  cancelOnward(live: LiveCall, invite: OpenInvite): void {
    const target = live.call.exchange?.target;
    if (target === undefined || invite.giveUpAt !== undefined) return;
    const { transport, timers } = this.#desk;
    invite.giveUpAt = transport.now() + patienceMs(timers);
    this.#queue.set(live.call.id, invite.giveUpAt);
    transport.request(cancelOf(invite.sent), target);
    transport.rearm();
  }

  advance(nowMs: number): void {
    for (let id = this.#queue.takeDue(nowMs); id !== undefined; id = this.#queue.takeDue(nowMs)) {
      const live = this.#desk.calls.get(id);
      if (live?.invite !== undefined) this.#due(live, live.invite, nowMs);
    }
    this.rings.advance(nowMs);
    const { transactions } = this.#desk.transport;
    for (let key = this.#left.takeDue(nowMs); key !== undefined; key = this.#left.takeDue(nowMs))
      transactions.abandon(key);
  }

  #due(live: LiveCall, invite: OpenInvite, nowMs: number): void {
    if ((invite.giveUpAt ?? NEVER) <= nowMs) {
      // It rings for ever: a client transaction that was answered by 180 has no timer.
      this.#desk.transport.transactions.abandon(invite.clientKey);
      this.fail(live, invite, 487);
      return;
    }
    if (invite.retransmission === undefined || invite.answer === undefined) return;
    const step = stepRetransmission(invite.retransmission, nowMs);
    if (step.kind === "giveUp") {
      this.acknowledgements.giveForSender(live);
      this.#close(live);
      void this.#farewells.end(live, ["caller", "callee"]);
      return;
    }
    if (step.kind === "send") this.#desk.transport.respond(invite.serverKey, invite.answer);
    invite.retransmission = step.next;
    this.#queue.set(live.call.id, retransmissionDeadline(step.next));
  }

  /** Ends what runs of the INVITE because the call ends. */
  abandon(live: LiveCall): void {
    const { invite, call } = live;
    if (invite === undefined) return;
    if (invite.answer === undefined) {
      this.#answerCancelled(live, invite);
      this.#leave(invite);
    } else if (!call.established) this.acknowledgements.giveForSender(live);
    this.#close(live);
  }

  /** The other leg may still answer an INVITE whose call is over; it has 64*T1 for that. */
  #leave({ clientKey: key }: OpenInvite): void {
    const { transport, timers } = this.#desk;
    this.#left.set(key, transport.now() + patienceMs(timers));
    transport.rearm();
  }

  #close(live: LiveCall): void {
    this.rings.end(live.call.id);
    this.#queue.delete(live.call.id);
    if (!live.call.established && live.invite !== undefined)
      void this.#desk.store.forgetInvite(live.invite.serverKey);
    this.#desk.calls.closeInvite(live);
    live.call = withoutExchange(live.call);
  }
}
