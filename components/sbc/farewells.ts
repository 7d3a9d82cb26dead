import { textOfMessage, requestOfText } from "./call.ts";
import type { Farewell, Side } from "./call.ts";
import type { Desk } from "./desk.ts";
import { maxForwards } from "./hiding.ts";
import type { LiveCall } from "./live-calls.ts";
import { afterRefused } from "./outset.ts";
import { ended } from "./prepaid/tariff.ts";
import { requestWithin } from "./sip/dialog.ts";
import type { Dialog } from "./sip/dialog.ts";
import type { Header } from "./sip/header.ts";
import { clientKey } from "./sip/matching.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import type { Endpoint } from "./sip/via.ts";

/** The BYEs that we send. The record of a call stays until each has its answer, so that no leg is left behind. */
export class Farewells {
  readonly #desk: Desk;
  readonly #open = new Map<string, { readonly live: LiveCall; readonly bye: SipRequest }>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /**
   * Writes down that these legs get a BYE, then sends it. Resolves when it is on its way.
   *
   * @param reason of the BYE (RFC 3326), where the sbc itself ends the call
   */
  async end(live: LiveCall, sides: readonly Side[], reason?: Header): Promise<void> {
    if (live.call.farewells !== undefined) return;
    const byes = sides.map((side) => this.#byeWithin(live.call[side], reason));
    const farewells = byes.map(({ bye, target }): Farewell => ({
      bye: textOfMessage(bye),
      target,
    }));
    const { prepaid } = live.call;
    // The clock of what the call costs stops here, whoever hears the BYE and when.
    live.call = { ...live.call, farewells, prepaid: prepaid && ended(prepaid, Date.now()) };
    await this.#desk.calls.save(live);
    for (const { bye, target } of byes) this.#send(live, bye, target);
  }

  /** Ends a dialog of a fork that lost: no record has it. */
  dismiss(dialog: Dialog): void {
    const { bye, target } = this.#byeWithin(dialog);
    this.#desk.transport.request(bye, target);
  }

  /** Sends the BYEs of the process before again: the same bytes, which the peer takes for a retransmission. */
  resume(live: LiveCall): void {
    for (const { bye, target } of live.call.farewells ?? []) {
      const request = requestOfText(bye);
      if (request !== undefined) this.#send(live, request, target);
    }
  }

  /** A final answer, or none in 64*T1. Returns whether the transaction was one of these. */
  settled(key: string, response: SipResponse | undefined): boolean {
    const open = this.#open.get(key);
    if (open === undefined) return false;
    const { live, bye } = open;
    this.#open.delete(key);
    if (response !== undefined && this.#sayAgain(live, bye, response)) return true;
    if (![...this.#open.values()].some((other) => other.live === live))
      this.#desk.calls.remove(live);
    return true;
  }

  /** Who wants to know who we are hears the BYE again: its leg would go on else. */
  #sayAgain(live: LiveCall, bye: SipRequest, response: SipResponse): boolean {
    const side = bye.callId === live.call.callee.callId ? "callee" : "caller";
    const again = afterRefused(live.call, side, { sent: bye, response, desk: this.#desk });
    if (again === undefined) return false;
    const target = this.#desk.targetOf(live.call[side]);
    const others = live.call.farewells?.filter((each) => each.bye !== textOfMessage(bye)) ?? [];
    const farewells = [...others, { bye: textOfMessage(again.sent), target }];
    live.call = { ...live.call, farewells };
    void this.#desk.calls.save(live);
    this.#send(live, again.sent, target);
    return true;
  }

  #byeWithin(dialog: Dialog, reason?: Header): { bye: SipRequest; target: Endpoint } {
    const headers = [maxForwards(70), ...(reason === undefined ? [] : [reason])];
    const parts = { method: "BYE", via: this.#desk.via(), headers };
    return { bye: requestWithin(dialog, parts).request, target: this.#desk.targetOf(dialog) };
  }

  #send(live: LiveCall, bye: SipRequest, target: Endpoint): void {
    this.#open.set(clientKey(bye), { live, bye });
    this.#desk.transport.request(bye, target);
  }
}
