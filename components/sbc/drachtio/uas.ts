import { SERVER } from "../hiding.ts";
import { admitRequest, refreshedDialog, serverDialog } from "../sip/dialog.ts";
import type { Header } from "../sip/header.ts";
import type { SipRequest, SipResponse } from "../sip/message.ts";
import { responseTo } from "../sip/responses.ts";
import {
  retransmissionDeadline,
  startRetransmission,
  stepRetransmission,
} from "../sip/retransmission.ts";
import type { Retransmission } from "../sip/retransmission.ts";
import { TimerQueue } from "../sip/timer-queue.ts";
import type { Endpoint } from "../sip/via.ts";
import { randomToken } from "../transport.ts";
import type { HeldDialog } from "./dialogs.ts";
import { Herald, headersOfDraft, isSound } from "./ground.ts";
import type { Ground } from "./ground.ts";
import type { Link } from "./link.ts";
import type { Answering } from "./orders.ts";

/** A request as it came in. */
export interface Received {
  readonly key: string;
  readonly request: SipRequest;
  readonly source: Endpoint;
}

/** A request that an application is to answer. */
interface Question extends Received {
  readonly id: string;
  readonly link: Link;
  readonly dialogId: string;
}

/** A 2xx whose ACK has not come. */
interface Answered {
  readonly key: string;
  readonly response: SipResponse;
  readonly retransmission: Retransmission;
}

/** A hung application keeps no more than this: what comes beyond is refused at once. */
const MOST_QUESTIONS = 1_000;

/** Which requests make a dialog when they are answered by a 2xx. */
const BEGINS = new Set(["INVITE", "SUBSCRIBE"]);
const REFRESHES = new Set(["INVITE", "UPDATE", "SUBSCRIBE"]);

/** The requests that applications answer: their user agent servers (RFC 3261 section 8.2). */
export class ApplicationServers {
  readonly #ground: Ground;
  readonly #herald: Herald;
  readonly #silentMs: () => number;
  /** By the id that the application knows, and by the key of their transactions. */
  readonly #questions = new Map<string, Question>();
  readonly #byKey = new Map<string, Question>();
  readonly #counts = new Map<Link, number>();
  /** Until an application has said anything about a request. */
  readonly #silent = new TimerQueue();
  readonly #answered = new Map<string, Answered>();
  readonly #repetitions = new TimerQueue();
  /** Told of each dialog whose 2xx nobody has acknowledged. */
  onUnacknowledged: (held: HeldDialog) => void = () => undefined;

  constructor(ground: Ground, herald: Herald, silentMs: () => number) {
    this.#ground = ground;
    this.#herald = herald;
    this.#silentMs = silentMs;
  }

  get deadline(): number {
    return Math.min(this.#silent.nextAt, this.#repetitions.nextAt);
  }

  owns(key: string | undefined): boolean {
    return key !== undefined && this.#byKey.has(key);
  }

  advance(nowMs: number): void {
    for (let id = this.#silent.takeDue(nowMs); id !== undefined; id = this.#silent.takeDue(nowMs)) {
      const question = this.#questions.get(id);
      if (question !== undefined) this.#refuse(question);
    }
    for (
      let id = this.#repetitions.takeDue(nowMs);
      id !== undefined;
      id = this.#repetitions.takeDue(nowMs)
    )
      this.#repeat(id, nowMs);
  }

  /** Hands a request outside of a dialog to an application. */
  begin(link: Link, received: Received): void {
    this.#ask(link, received, this.#ground.tags.make());
  }

  /** Hands a request within a dialog to the application that holds it. */
  continue(held: HeldDialog, received: Received): void {
    const admission = admitRequest(held.dialog, received.request);
    if (admission.kind === "refused") {
      this.#answer(received, admission.status);
      return;
    }
    held.dialog = admission.dialog;
    this.#ask(held.link, received, held.id);
  }

  #ask(link: Link, received: Received, dialogId: string): void {
    const count = this.#counts.get(link) ?? 0;
    if (count >= MOST_QUESTIONS) {
      this.#answer(received, 503);
      return;
    }
    const { key, request, source } = received;
    const question: Question = { ...received, id: randomToken(), link, dialogId };
    this.#questions.set(question.id, question);
    this.#byKey.set(key, question);
    this.#counts.set(link, count + 1);
    this.#silent.set(question.id, this.#ground.desk.transport.now() + this.#silentMs());
    const way = { remote: source, transactionId: question.id, dialogId };
    this.#herald.came(link, request, way);
  }

  /** What an application answers. */
  respond(link: Link, { id, draft, transactionId }: Answering): void {
    const question = this.#questions.get(transactionId);
    if (question?.link !== link) {
      this.#herald.refused(link, id, "unable to find the transaction of this response");
      return;
    }
    const { transport } = this.#ground.desk;
    const { request, dialogId, source } = question;
    const response = responseTo(request, {
      status: draft.status,
      ...(draft.reason === "" ? {} : { reason: draft.reason }),
      toTag: dialogId,
      headers: headersOfDraft(draft, request.method, transport.local),
      body: draft.body,
    });
    if (!isSound(response) || !this.#settle(question, response)) {
      this.#herald.refused(link, id, "the response is malformed, or makes no dialog");
      return;
    }
    this.#silent.delete(question.id);
    if (draft.status >= 200) this.#forget(question);
    const way = { remote: source, transactionId, dialogId };
    this.#herald.sent(link, id, response, way);
    transport.respond(question.key, response);
    transport.rearm();
  }

  /** What a response changes about its dialog; false when it could make none. */
  #settle(question: Question, response: SipResponse): boolean {
    const { status } = response;
    if (question.request.method === "BYE" && status >= 200) this.#end(question.dialogId);
    return status < 200 || status >= 300 || this.#succeed(question, response);
  }

  #succeed({ link, request, dialogId, key }: Question, response: SipResponse): boolean {
    const { method } = request;
    const known = this.#ground.dialogs.get(dialogId);
    if (known !== undefined && REFRESHES.has(method))
      known.dialog = refreshedDialog(known.dialog, request);
    if (known === undefined && BEGINS.has(method) && !this.#make(link, request, dialogId))
      return false;
    if (method === "INVITE") this.#await(dialogId, key, response);
    return true;
  }

  /** False for a request without a Contact: no dialog can be made of it. */
  #make(link: Link, request: SipRequest, dialogId: string): boolean {
    const made = serverDialog(request, dialogId);
    if (made !== undefined) this.#ground.dialogs.keep(dialogId, link, made);
    return made !== undefined;
  }

  #await(dialogId: string, key: string, response: SipResponse): void {
    const { transport, timers } = this.#ground.desk;
    const retransmission = startRetransmission("success", transport.now(), timers);
    this.#answered.set(dialogId, { key, response, retransmission });
    this.#repetitions.set(dialogId, retransmissionDeadline(retransmission));
  }

  #repeat(dialogId: string, nowMs: number): void {
    const answered = this.#answered.get(dialogId);
    if (answered === undefined) return;
    const step = stepRetransmission(answered.retransmission, nowMs);
    if (step.kind === "giveUp") {
      this.#answered.delete(dialogId);
      const held = this.#ground.dialogs.get(dialogId);
      if (held !== undefined) this.onUnacknowledged(held);
      return;
    }
    if (step.kind === "send") this.#ground.desk.transport.respond(answered.key, answered.response);
    this.#answered.set(dialogId, { ...answered, retransmission: step.next });
    this.#repetitions.set(dialogId, retransmissionDeadline(step.next));
  }

  /** The ACK of a 2xx. */
  acknowledge(held: HeldDialog, ack: SipRequest): void {
    if (!this.#answered.delete(held.id)) return;
    this.#repetitions.delete(held.id);
    const remote = this.#ground.desk.targetOf(held.dialog);
    const way = { remote, transactionId: randomToken(), dialogId: held.id };
    this.#herald.came(held.link, ack, way);
  }

  /** The sender of an INVITE has given it up; the application hears of it when it has not answered yet. */
  cancel(inviteKey: string, { key, request, source }: Received): void {
    const question = this.#byKey.get(inviteKey);
    this.#answer({ key, request, source }, question === undefined ? 481 : 200);
    if (question === undefined) return;
    const way = { remote: source, transactionId: question.id, dialogId: question.dialogId };
    this.#forget(question);
    this.#answer(question, 487, [], question.dialogId);
    this.#herald.came(question.link, request, way);
  }

  /** Nothing that we say reaches the sender of this request any more. */
  failed(key: string): void {
    const question = this.#byKey.get(key);
    if (question !== undefined) this.#forget(question);
  }

  /** Answers in the place of an application that is gone. */
  leave(link: Link): void {
    for (const question of this.#questions.values())
      if (question.link === link) this.#refuse(question);
    for (const { id } of this.#ground.dialogs.of(link)) this.#stopRepeating(id);
    this.#counts.delete(link);
  }

  /** A BYE ends its dialog whether an application hears it or not; anything else may be tried again later. */
  #refuse(question: Question): void {
    this.#forget(question);
    const isBye = question.request.method === "BYE";
    if (isBye) this.#end(question.dialogId);
    this.#answer(question, isBye ? 200 : 480, [], question.dialogId);
  }

  #end(dialogId: string): void {
    this.#stopRepeating(dialogId);
    this.#ground.dialogs.forget(dialogId);
  }

  #stopRepeating(dialogId: string): void {
    this.#answered.delete(dialogId);
    this.#repetitions.delete(dialogId);
  }

  #forget({ id, key, link }: Question): void {
    this.#questions.delete(id);
    this.#byKey.delete(key);
    this.#silent.delete(id);
    this.#counts.set(link, Math.max(0, (this.#counts.get(link) ?? 0) - 1));
  }

  #answer(
    { key, request }: Received,
    status: number,
    headers: readonly Header[] = [],
    toTag = randomToken(),
  ): void {
    const answer = responseTo(request, { status, toTag, headers: [SERVER, ...headers] });
    this.#ground.desk.transport.respond(key, answer);
  }
}
