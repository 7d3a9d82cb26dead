import { otherSide } from "./call.ts";
import type { Call, Side } from "./call.ts";
import { isCredential } from "./credentials.ts";
import type { Desk } from "./desk.ts";
import type { Farewells } from "./farewells.ts";
import { maxForwards } from "./hiding.ts";
import type { LiveCall } from "./live-calls.ts";
import { tagOf } from "./sip/address.ts";
import { ackWithin, answeredDialog } from "./sip/dialog.ts";
import type { Dialog } from "./sip/dialog.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";

/** The ACKs of 2xx, which belong to no transaction (RFC 3261 section 13.2.2.4). */
export class Acknowledgements {
  readonly #desk: Desk;
  readonly #farewells: Farewells;

  constructor(desk: Desk, farewells: Farewells) {
    this.#desk = desk;
    this.#farewells = farewells;
  }

  /** The ACK of the one leg as the other gets it, with the answer to its offer if it has one. */
  passOn(call: Call, to: Side, invite: SipRequest, ack: SipRequest): SipRequest {
    const { headers, body } = this.#desk.onward(ack, call, to);
    // It has the credentials of its INVITE (RFC 3261 section 22.1).
    const all = [maxForwards(70), ...headers, ...invite.headers.filter(isCredential)];
    const parts = { via: this.#desk.via(), headers: all, body };
    return this.#send(call[to], ackWithin(call[to], parts, invite.cseq.sequence));
  }

  /** A bare one, for a 2xx that nobody else will acknowledge. */
  give(dialog: Dialog, sequence: number): SipRequest {
    const parts = { via: this.#desk.via(), headers: [maxForwards(70)] };
    return this.#send(dialog, ackWithin(dialog, parts, sequence));
  }

  /** In place of the sender of an answered INVITE, which never did it. */
  giveForSender({ call, invite }: LiveCall): void {
    if (invite?.answer === undefined || call.exchange === undefined) return;
    this.give(call[otherSide(call.exchange.from)], invite.sent.cseq.sequence);
  }

  /** Another branch of a fork has answered too late: acknowledged, and ended. */
  dismiss(dialog: Dialog, sequence: number): void {
    this.give(dialog, sequence);
    this.#farewells.dismiss(dialog);
  }

  /** A 2xx without an open INVITE: a repetition, for its ACK was lost here or with the process before. */
  repeat(live: LiveCall, side: Side, response: SipResponse): void {
    const { sequence } = response.cseq;
    const dialog = live.call[side];
    if (tagOf(response.to) !== dialog.remoteTag)
      this.dismiss(answeredDialog(dialog, response), sequence);
    else if (live.lastAck?.cseq.sequence === sequence) this.#send(dialog, live.lastAck);
    else if (live.invite === undefined) live.lastAck = this.give(dialog, sequence);
  }

  #send(dialog: Dialog, ack: SipRequest): SipRequest {
    this.#desk.transport.send(ack, this.#desk.targetOf(dialog));
    return ack;
  }
}
