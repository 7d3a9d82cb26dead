import { maxForwards } from "../hiding.ts";
import { tagOf } from "../sip/address.ts";
import {
  ackWithin,
  answeredDialog,
  clientDialog,
  refreshedDialog,
  requestWithin,
} from "../sip/dialog.ts";
import type { Dialog } from "../sip/dialog.ts";
import type { Header } from "../sip/header.ts";
import { clientKey } from "../sip/matching.ts";
import type { SipRequest, SipResponse } from "../sip/message.ts";
import { cancelOf } from "../sip/requests.ts";
import { responseTo } from "../sip/responses.ts";
import { TimerQueue } from "../sip/timer-queue.ts";
import { patienceMs } from "../sip/timers.ts";
import type { Endpoint } from "../sip/via.ts";
import { randomToken } from "../transport.ts";
import { dialogOfStray } from "./dialogs.ts";
import type { HeldDialog } from "./dialogs.ts";
import { Herald, headersOfDraft, isSound } from "./ground.ts";
import type { Ground } from "./ground.ts";
import type { Link } from "./link.ts";
import type { Sending } from "./orders.ts";
import { requestInside, requestOutside, targetOfSending } from "./sending.ts";

/** A request of an application that has no final response. */
interface Pending {
  readonly id: string;
  /** Absent once the application is gone: what is left is to end what the request begins. */
  link: Link | undefined;
  readonly sent: SipRequest;
  readonly target: Endpoint;
  readonly dialogId: string;
  isProceeding: boolean;
  /** The CANCEL that waits for a provisional response (RFC 3261 section 9.1), or was sent. */
  cancelled?: readonly Header[] | undefined;
}

const BEGINS = new Set(["INVITE", "SUBSCRIBE"]);
const REFRESHES = new Set(["INVITE", "UPDATE", "SUBSCRIBE"]);
const HOPS = 70;

/** The requests that applications send: their user agent clients (RFC 3261 section 8.1). */
export class ApplicationClients {
  readonly #ground: Ground;
  readonly #herald: Herald;
  readonly #byKey = new Map<string, Pending>();
  readonly #byId = new Map<string, Pending>();
  /** Cancelled INVITEs that nobody answers. */
  readonly #left = new TimerQueue();

  constructor(ground: Ground, herald: Herald) {
    this.#ground = ground;
    this.#herald = herald;
  }

  get deadline(): number {
    return this.#left.nextAt;
  }

  advance(nowMs: number): void {
    for (let key = this.#left.takeDue(nowMs); key !== undefined; key = this.#left.takeDue(nowMs)) {
      const pending = this.#byKey.get(key);
      if (pending === undefined) continue;
      this.#ground.desk.transport.transactions.abandon(key);
      this.#conclude(pending, 487);
    }
  }

  /** What an application asks to be sent. */
  send(link: Link, order: Sending): void {
    const { method } = order.draft;
    if (method === "CANCEL") this.#cancelFor(link, order);
    else if (method === "ACK") this.#acknowledgeFor(link, order);
    else if (order.dialogId === "") this.#begin(link, order, requestOutside(order, this.#ground));
    else this.#continue(link, order);
  }

  #begin(link: Link, order: Sending, sent: SipRequest | undefined): void {
    const target = targetOfSending(order, this.#ground);
    const dialogId = sent === undefined ? "" : (tagOf(sent.from) ?? "");
    this.#transmit(link, order, { sent, target, dialogId });
  }

  #continue(link: Link, order: Sending): void {
    const held = this.#held(link, order);
    if (held === undefined) return;
    const before = held.dialog;
    const sent = requestInside(held, order, this.#ground);
    if (!isSound(sent)) held.dialog = before;
    this.#transmit(link, order, {
      sent,
      target: this.#ground.desk.targetOf(held.dialog),
      dialogId: held.id,
    });
  }

  #held(link: Link, { id, dialogId }: Sending): HeldDialog | undefined {
    const held = this.#ground.dialogs.get(dialogId);
    if (held?.link === link) return held;
    this.#herald.refused(link, id, "unable to find dialog");
    return undefined;
  }

  #transmit(
    link: Link,
    { id: order }: Sending,
    way: { sent: SipRequest | undefined; target: Endpoint; dialogId: string },
  ): void {
    const { sent, target, dialogId } = way;
    if (sent === undefined || !isSound(sent)) {
      this.#herald.refused(link, order, "the request is malformed");
      return;
    }
    const id = randomToken();
    this.#keep({ id, link, sent, target, dialogId, isProceeding: false });
    this.#herald.sent(link, order, sent, { remote: target, transactionId: id, dialogId });
    this.#ground.desk.transport.request(sent, target);
  }

  #keep(pending: Pending): void {
    this.#byId.set(pending.id, pending);
    this.#byKey.set(clientKey(pending.sent), pending);
  }

  #forget({ id, sent }: Pending): void {
    const key = clientKey(sent);
    this.#byId.delete(id);
    this.#byKey.delete(key);
    this.#left.delete(key);
  }

  #cancelFor(link: Link, { id, transactionId, draft }: Sending): void {
    const pending = this.#byId.get(transactionId);
    if (pending?.link !== link || pending.sent.method !== "INVITE") {
      this.#herald.refused(link, id, "unable to find the transaction of this CANCEL");
      return;
    }
    const reasons = draft.headers.filter(({ name }) => /^(x-)?reason$/i.test(name));
    const { target: remote, dialogId, sent } = pending;
    this.#herald.sent(link, id, cancelOf(sent, reasons), { remote, transactionId, dialogId });
    this.#cancel(pending, reasons);
  }

  #cancel(pending: Pending, reasons: readonly Header[]): void {
    if (pending.cancelled !== undefined) return;
    pending.cancelled = reasons;
    if (pending.isProceeding) this.#sendCancel(pending);
  }

  #sendCancel({ sent, target, cancelled = [] }: Pending): void {
    const { transport, timers } = this.#ground.desk;
    this.#left.set(clientKey(sent), transport.now() + patienceMs(timers));
    transport.request(cancelOf(sent, cancelled), target);
    transport.rearm();
  }

  #acknowledgeFor(link: Link, order: Sending): void {
    const held = this.#held(link, order);
    if (held === undefined) return;
    const { unacknowledged } = held;
    if (unacknowledged === undefined) {
      this.#herald.refused(link, order.id, "nothing waits for this ACK");
      return;
    }
    const { draft } = order;
    const { desk } = this.#ground;
    const headers = headersOfDraft(draft, "ACK", desk.transport.local);
    const ack = ackWithin(
      held.dialog,
      { via: desk.via(), headers: [maxForwards(HOPS), ...headers], body: draft.body },
      unacknowledged,
    );
    const remote = desk.targetOf(held.dialog);
    const way = { remote, transactionId: randomToken(), dialogId: held.id };
    this.#herald.sent(link, order.id, ack, way);
    this.#acknowledge(held, ack);
  }

  #acknowledge(held: HeldDialog, ack: SipRequest): void {
    held.unacknowledged = undefined;
    held.lastAck = ack;
    const { desk } = this.#ground;
    desk.transport.send(ack, desk.targetOf(held.dialog));
  }

  /** A response to a request of an application's. */
  receive(key: string, response: SipResponse): void {
    const pending = this.#byKey.get(key);
    if (pending === undefined) {
      if (response.cseq.method === "INVITE") this.stray(response);
      return;
    }
    if (response.status < 200) this.#proceed(pending, response);
    else this.#finish(pending, response);
  }

  #proceed(pending: Pending, response: SipResponse): void {
    const first = !pending.isProceeding;
    pending.isProceeding = true;
    if (first && pending.cancelled !== undefined) this.#sendCancel(pending);
    if (response.status > 100) this.#tell(pending, response);
  }

  #finish(pending: Pending, response: SipResponse): void {
    this.#forget(pending);
    const { link, sent, dialogId } = pending;
    const { dialogs } = this.#ground;
    const isSuccess = response.status < 300;
    if (sent.method === "BYE") dialogs.forget(dialogId);
    if (link === undefined) {
      if (isSuccess && sent.method === "INVITE") this.#dismiss(response);
      return;
    }
    if (isSuccess) this.#settle(link, pending, response);
    this.#tell(pending, response);
  }

  /** What a 2xx changes about its dialog, or begins. */
  #settle(link: Link, { sent, dialogId }: Pending, response: SipResponse): void {
    const { dialogs } = this.#ground;
    const { method } = sent;
    const known = dialogs.get(dialogId);
    if (known !== undefined && REFRESHES.has(method))
      known.dialog = refreshedDialog(known.dialog, response);
    if (!BEGINS.has(method)) return;
    const held =
      known ?? dialogs.keep(dialogId, link, answeredDialog(clientDialog(sent), response));
    if (method !== "INVITE") return;
    held.unacknowledged = sent.cseq.sequence;
    held.lastAck = undefined;
  }

  #tell({ id, link, target, dialogId }: Pending, response: SipResponse): void {
    if (link === undefined) return;
    this.#herald.came(link, response, { remote: target, transactionId: id, dialogId });
  }

  /** No response came, or the request could not be sent: the application hears of it as of a response. */
  failed(key: string, status: 408 | 503): void {
    const pending = this.#byKey.get(key);
    if (pending !== undefined) this.#conclude(pending, status);
  }

  #conclude(pending: Pending, status: number): void {
    this.#finish(pending, responseTo(pending.sent, { status, toTag: randomToken() }));
  }

  /** A 2xx that comes again, or from another branch of a fork, or one that nobody waits for. */
  stray(response: SipResponse): void {
    if (response.status < 200 || response.status >= 300) return;
    const held = this.#ground.dialogs.get(tagOf(response.from));
    if (held === undefined || held.dialog.remoteTag !== tagOf(response.to)) this.#dismiss(response);
    else if (held.lastAck?.cseq.sequence === response.cseq.sequence)
      this.#acknowledge(held, held.lastAck);
  }

  /** Acknowledged, and ended. */
  #dismiss(response: SipResponse): void {
    const dialog = dialogOfStray(response);
    if (dialog === undefined) return;
    const { desk } = this.#ground;
    const parts = { via: desk.via(), headers: [maxForwards(HOPS)] };
    const ack = ackWithin(dialog, parts, response.cseq.sequence);
    desk.transport.send(ack, desk.targetOf(dialog));
    this.#bye(dialog, []);
  }

  #bye(dialog: Dialog, headers: readonly Header[]): SipRequest {
    const { desk } = this.#ground;
    const all = [maxForwards(HOPS), ...headers];
    const { request } = requestWithin(dialog, { method: "BYE", via: desk.via(), headers: all });
    desk.transport.request(request, desk.targetOf(dialog));
    return request;
  }

  /** Ends a dialog in the place of its application. */
  end(held: HeldDialog, reason: Header): SipRequest {
    const { desk, dialogs } = this.#ground;
    const { dialog, unacknowledged } = held;
    if (unacknowledged !== undefined) {
      const parts = { via: desk.via(), headers: [maxForwards(HOPS)] };
      this.#acknowledge(held, ackWithin(dialog, parts, unacknowledged));
    }
    dialogs.forget(held.id);
    return this.#bye(dialog, [reason]);
  }

  /** What an application that is gone has begun is given up. */
  leave(link: Link): void {
    for (const pending of this.#byId.values()) {
      if (pending.link !== link) continue;
      pending.link = undefined;
      if (pending.sent.method === "INVITE") this.#cancel(pending, []);
    }
  }
}
