import { nowMs } from "./clock.ts";
import { belongsTo, requestWithin } from "./dialog.ts";
import type { Dialog } from "./dialog.ts";
import { answerTo } from "./endpoint.ts";
import type { SipEndpoint } from "./endpoint.ts";
import { cseqOf, formatMessage, headerOf, uriOf } from "./message.ts";
import type { Header, SipRequest, SipResponse } from "./message.ts";
import { audioTarget, describeAudio } from "./sdp.ts";
import type { RtpStream } from "./rtp.ts";
import type { ServerTransaction } from "./transaction.ts";

export interface Answered {
  readonly status: number;
  readonly reason: string;
  /** From the first sending of the request to its final answer. */
  readonly tookMs: number;
  readonly repeats: number;
}

export type HangUp = "byThisPhone" | "byTheOther";

const SDP: Header = ["Content-Type", "application/sdp"];

/** One call that was answered, with its dialog and its audio. */
export class Call {
  readonly dialog: Dialog;
  readonly audio: RtpStream;
  readonly #endpoint: SipEndpoint;
  readonly #contact: Header;
  #sdpVersion = 1;
  #ack: string | undefined;
  /** The INVITE that this phone answered and whose ACK has not come. */
  #unacknowledged: { readonly number: number; readonly transaction: ServerTransaction } | undefined;
  #hungUp: HangUp | undefined;
  readonly #waiting: ((by: HangUp) => void)[] = [];

  constructor(endpoint: SipEndpoint, contact: Header, parts: { dialog: Dialog; audio: RtpStream }) {
    this.#endpoint = endpoint;
    this.#contact = contact;
    this.dialog = parts.dialog;
    this.audio = parts.audio;
  }

  get hungUp(): HangUp | undefined {
    return this.#hungUp;
  }

  /** Resolves when either side has ended the call. */
  ended(): Promise<HangUp> {
    if (this.#hungUp !== undefined) return Promise.resolve(this.#hungUp);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The 200 to an INVITE of this phone: acknowledges it and sends audio where it says. */
  accepted(response: SipResponse): void {
    this.dialog.remoteTarget = uriOf(headerOf(response, "Contact"));
    this.#ack = formatMessage(requestWithin(this.dialog, "ACK", { via: this.#endpoint.via() }));
    this.#endpoint.send(this.#ack);
    this.#listenTo(response.body);
  }

  /** The 200 came again: its ACK was lost. */
  acceptedAgain(): void {
    if (this.#ack !== undefined) this.#endpoint.send(this.#ack);
  }

  /** Answers an INVITE of the other phone, the first or a later one, with this phone's audio. */
  accept(invite: SipRequest, transaction: ServerTransaction, toTag?: string): void {
    this.dialog.remoteTarget = uriOf(headerOf(invite, "Contact"));
    this.#unacknowledged = { number: cseqOf(invite).number, transaction };
    this.#sdpVersion += 1;
    const body = describeAudio(this.audio.local, this.#sdpVersion, invite.body);
    const headers = [this.#contact, SDP];
    const tag = toTag === undefined ? {} : { toTag };
    transaction.respond(answerTo(invite, [200, "OK"], { ...tag, headers, body }));
    this.#listenTo(invite.body);
  }

  /** Offers the same audio again. */
  async reinvite(): Promise<Answered> {
    this.#sdpVersion += 1;
    const body = describeAudio(this.audio.local, this.#sdpVersion);
    const { response, answered } = await this.#ask("INVITE", [this.#contact, SDP], body);
    if (answered.status < 300) this.accepted(response);
    return answered;
  }

  async bye(): Promise<Answered> {
    const { answered } = await this.#ask("BYE", [], "");
    this.#end("byThisPhone");
    return answered;
  }

  /** A request of the other phone. Returns false when it is not of this call. */
  receive(request: SipRequest, transaction: ServerTransaction): boolean {
    if (!belongsTo(request, this.dialog)) return false;
    if (request.method === "ACK") this.#acknowledged(request);
    else if (request.method === "INVITE") this.accept(request, transaction);
    else transaction.respond(answerTo(request, [200, "OK"], {}));
    if (request.method === "BYE") this.#end("byTheOther");
    return true;
  }

  close(): void {
    this.#unacknowledged?.transaction.acknowledged();
    if (this.#hungUp === undefined) this.audio.close();
  }

  async #ask(
    method: string,
    headers: readonly Header[],
    body: string,
  ): Promise<{ response: SipResponse; answered: Answered }> {
    const sentMs = nowMs();
    const via = this.#endpoint.via();
    const request = requestWithin(this.dialog, method, { via, headers, body });
    const { response, repeats } = await this.#endpoint.request(request);
    const { status, reason } = response;
    return { response, answered: { status, reason, tookMs: nowMs() - sentMs, repeats } };
  }

  #acknowledged(ack: SipRequest): void {
    if (this.#unacknowledged?.number !== cseqOf(ack).number) return;
    this.#unacknowledged.transaction.acknowledged();
    this.#unacknowledged = undefined;
  }

  #listenTo(sdp: string): void {
    const target = audioTarget(sdp);
    if (target !== undefined && this.#hungUp === undefined) this.audio.sendTo(target);
  }

  #end(by: HangUp): void {
    if (this.#hungUp !== undefined) return;
    this.#hungUp = by;
    this.audio.close();
    for (const resolve of this.#waiting) resolve(by);
  }
}
