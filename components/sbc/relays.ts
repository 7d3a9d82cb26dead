import { otherSide } from "./call.ts";
import type { Side } from "./call.ts";
import type { Desk } from "./desk.ts";
import { SERVER, hopsLeft, maxForwards, onwardStatus } from "./hiding.ts";
import type { LiveCall } from "./live-calls.ts";
import { afterRefused } from "./outset.ts";
import { refreshedDialog, requestWithin } from "./sip/dialog.ts";
import type { Header } from "./sip/header.ts";
import { clientKey } from "./sip/matching.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import { responseTo } from "./sip/responses.ts";
import { answerTerms, bothSides, offerTo, settledTerms, tooSmall } from "./terms.ts";

/** What is relayed within a call, besides INVITE. The others are answered by us. */
export const RELAYED: ReadonlySet<string> = new Set(["INFO", "OPTIONS", "UPDATE", "MESSAGE"]);

/** Without a dialog they are about nothing. */
export const WITHIN_ONLY: ReadonlySet<string> = new Set(["BYE", "UPDATE", "PRACK"]);

/** A request other than INVITE and BYE on its way from one leg to the other. */
interface Relay {
  readonly live: LiveCall;
  readonly from: Side;
  readonly serverKey: string;
  readonly request: SipRequest;
}

/** The requests within a call that go from one leg to the other, besides INVITE and BYE. */
export class Relays {
  readonly #desk: Desk;
  readonly #open = new Map<string, Relay & { readonly sent: SipRequest }>();
  /** Told of each call whose session an UPDATE has refreshed. */
  onRefreshed: (live: LiveCall) => void = () => undefined;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  begin(live: LiveCall, from: Side, serverKey: string, request: SipRequest): void {
    const relay: Relay = { live, from, serverKey, request };
    if (live.call[otherSide(from)].remoteTag === undefined) this.#answer(relay, 481);
    else if (request.method !== "UPDATE") this.#send(relay, []);
    else this.#update(relay);
  }

  /** A final answer, or none in 64*T1. Returns whether it belonged to one of these. */
  settled(key: string, response: SipResponse | undefined, failure = 408): boolean {
    const relay = this.#open.get(key);
    if (relay === undefined) return false;
    this.#open.delete(key);
    if (response === undefined) this.#answer(relay, failure);
    else if (!this.#sendAgain(relay, relay.sent, response)) this.#back(relay, response);
    return true;
  }

  /** Sends the request again when the other leg wants a longer interval, or to know who we are. */
  #sendAgain(relay: Relay, sent: SipRequest, response: SipResponse): boolean {
    const { live, from } = relay;
    if (live.call.farewells !== undefined || !this.#desk.calls.has(live)) return false;
    const refused = { sent, response, desk: this.#desk };
    const again = afterRefused(live.call, otherSide(from), refused);
    if (again === undefined) return false;
    live.call = again.call;
    this.#transmit(relay, again.sent);
    return true;
  }

  #offer(relay: Relay): void {
    const { live, from } = relay;
    const { call } = live;
    // A session that does not run yet has no timer: the 2xx of the INVITE begins it.
    this.#send(relay, call.established ? offerTo(call, otherSide(from), this.#desk.settings) : []);
  }

  /** One that offers nothing refreshes the session with us, and is not the other side's business (RFC 4028). */
  #update(relay: Relay): void {
    const { request } = relay;
    const minSe = tooSmall(request, this.#desk.settings);
    if (minSe !== undefined) this.#answer(relay, 422, minSe);
    else if (request.body.length > 0) this.#offer(relay);
    else this.#refresh(relay);
  }

  #refresh(relay: Relay): void {
    const { live, from, request } = relay;
    const { headers, timer } = answerTerms(request, this.#desk.settings, Date.now());
    const { timers } = live.call;
    live.call = {
      ...live.call,
      [from]: refreshedDialog(live.call[from], request),
      ...(timers === undefined ? {} : { timers: { ...timers, [from]: timer } }),
    };
    this.onRefreshed(live);
    const terms = live.call.established ? headers : [];
    const all = [...this.#desk.ownHeaders("UPDATE"), ...terms];
    void this.#desk.calls.save(live).then(() => this.#answer(relay, 200, all));
  }

  #send(relay: Relay, terms: readonly Header[]): void {
    const { live, from, request } = relay;
    const other = otherSide(from);
    const { headers, body } = this.#desk.onward(request, live.call, other);
    const { dialog, request: sent } = requestWithin(live.call[other], {
      method: request.method,
      via: this.#desk.via(),
      headers: [maxForwards(hopsLeft(request) - 1), ...headers, ...terms],
      body,
    });
    live.call = { ...live.call, [other]: dialog };
    this.#transmit(relay, sent);
  }

  #transmit(relay: Relay, sent: SipRequest): void {
    const { live, from } = relay;
    // A process after this one must not use its CSeq again: some digits by INFO are more than the gap that it leaves.
    void this.#desk.calls.save(live);
    this.#open.set(clientKey(sent), { ...relay, sent });
    this.#desk.transport.request(sent, this.#desk.targetOf(live.call[otherSide(from)]));
  }

  #back(relay: Relay, response: SipResponse): void {
    const { live, from, serverKey, request } = relay;
    const { settings, transport } = this.#desk;
    const refreshes = request.method === "UPDATE" && response.status < 300;
    const terms = answerTerms(request, settings, Date.now());
    const hasTerms = refreshes && live.call.established;
    const { headers, body } = this.#desk.onward(response, live.call, from);
    const answer = responseTo(request, {
      status: onwardStatus(response.status),
      headers: [...headers, ...(hasTerms ? terms.headers : [])],
      body,
    });
    const respond = (): void => transport.respond(serverKey, answer);
    if (!refreshes) {
      respond();
      return;
    }
    const other = otherSide(from);
    const settled = settledTerms(response, settings, Date.now());
    live.call = {
      ...live.call,
      [from]: refreshedDialog(live.call[from], request),
      [other]: refreshedDialog(live.call[other], response),
      ...(live.call.timers === undefined ? {} : { timers: bothSides(from, terms.timer, settled) }),
    };
    if (this.#desk.calls.has(live)) this.onRefreshed(live);
    void this.#desk.calls.save(live).then(respond);
  }

  #answer({ serverKey, request }: Relay, status: number, headers: readonly Header[] = []): void {
    const answer = responseTo(request, { status, headers: [SERVER, ...headers] });
    this.#desk.transport.respond(serverKey, answer);
  }
}
