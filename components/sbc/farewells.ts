import { textOfMessage, requestOfText } from "./call.ts";
import type { Farewell, Side } from "./call.ts";
import type { Desk } from "./desk.ts";
import { maxForwards } from "./hiding.ts";
import type { LiveCall } from "./live-calls.ts";
import { requestWithin } from "./sip/dialog.ts";
import type { Dialog } from "./sip/dialog.ts";
import type { Header } from "./sip/header.ts";
import { clientKey } from "./sip/matching.ts";
import type { SipRequest } from "./sip/message.ts";
import type { Endpoint } from "./sip/via.ts";

/** The BYEs that we send. The record of a call stays until each has its answer, so that no leg is left behind. */
export class Farewells {
  readonly #desk: Desk;
  readonly #open = new Map<string, LiveCall>();

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
    live.call = { ...live.call, farewells };
    await this.#desk.store.save(live.call);
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
  settled(key: string): boolean {
    const live = this.#open.get(key);
    if (live === undefined) return false;
    this.#open.delete(key);
    if (![...this.#open.values()].includes(live)) this.#desk.calls.remove(live);
    return true;
  }

  #byeWithin(dialog: Dialog, reason?: Header): { bye: SipRequest; target: Endpoint } {
    const headers = [maxForwards(70), ...(reason === undefined ? [] : [reason])];
    const parts = { method: "BYE", via: this.#desk.via(), headers };
    return { bye: requestWithin(dialog, parts).request, target: this.#desk.targetOf(dialog) };
  }

  #send(live: LiveCall, bye: SipRequest, target: Endpoint): void {
    this.#open.set(clientKey(bye), live);
    this.#desk.transport.request(bye, target);
  }
}
