import { setTimeout as pause } from "node:timers/promises";
import { Call } from "./call.ts";
import type { Answered } from "./call.ts";
import { Datagrams } from "./carrier.ts";
import type { Carrier } from "./carrier.ts";
import { nowMs } from "./clock.ts";
import { Authenticator } from "./credentials.ts";
import { dialogOfCallee, dialogOfCaller } from "./dialog.ts";
import { SipEndpoint, answerTo, randomToken } from "./endpoint.ts";
import type { SipAddress } from "./endpoint.ts";
import { bracketed, headerOf } from "./message.ts";
import type { Header, SipRequest, SipResponse } from "./message.ts";
import { PhoneError } from "./phone-error.ts";
import { Registration } from "./registration.ts";
import type { RegistrationReport } from "./registration.ts";
import { RtpStream } from "./rtp.ts";
import { describeAudio, isSecure } from "./sdp.ts";
import { SecureFlow } from "./secure-flow.ts";
import type { FinalAnswer, ServerTransaction } from "./transaction.ts";

export interface PhoneOptions {
  readonly user: string;
  readonly domain: string;
  readonly password: string;
  /** By datagrams when it is left out. */
  readonly transport?: "tls";
  /** Where this phone says that it listens for SIP; over TLS it only connects. Its audio uses the same address. */
  readonly local: SipAddress;
  /** The shared address of the pair. */
  readonly server: SipAddress;
  /** How long this phone rings before it answers; it answers at once when it is left out. */
  readonly ringMs?: number;
  /** Which of its user's phones ring first, RFC 3261 20.10; it says nothing of it when it is left out. From 0 to 1. */
  readonly q?: number;
  /** Its audio is SRTP with keys in SDP (RFC 4568), and no other. */
  readonly srtp?: boolean;
}

export interface CallSetUp extends Answered {
  readonly callId: string;
}

interface Request {
  readonly method: string;
  readonly uri: string;
  readonly to: string;
  readonly callId: string;
  readonly sequence: number;
  readonly headers: readonly Header[];
  readonly body: string;
}

/** A phone with one line: registers, calls, answers every call, and hangs up. */
export class Phone {
  readonly #options: PhoneOptions;
  readonly #endpoint: SipEndpoint;
  readonly #tag = randomToken();
  readonly #registration: Registration;
  readonly #registrations = { callId: randomToken(), sequence: 0 };
  readonly #calls = new Map<string, Call>();
  readonly #arrived: Call[] = [];
  readonly #waiting: ((call: Call) => void)[] = [];

  private constructor(options: PhoneOptions, carrier: Carrier) {
    this.#options = options;
    const endpoint = new SipEndpoint(carrier);
    this.#endpoint = endpoint;
    this.#registration = new Registration(carrier, (seconds) => this.#askToRegister(seconds));
    endpoint.serve({
      request: (request, transaction) => this.#receive(request, transaction),
      strayAnswer: (response) => this.#calls.get(headerOf(response, "Call-ID"))?.acceptedAgain(),
      reopened: () => void this.#registration.reopened(),
    });
  }

  static async open(options: PhoneOptions): Promise<Phone> {
    const { local, server, transport } = options;
    const carrier =
      transport === "tls" ? new SecureFlow(local, server) : await Datagrams.open(local, server);
    return new Phone(options, carrier);
  }

  /** The last messages that this phone was sent. */
  get heard(): readonly string[] {
    return this.#endpoint.heard;
  }

  close(): void {
    for (const call of this.#calls.values()) call.close();
    this.#endpoint.close();
  }

  /** Registers this phone's address for `expiresSeconds`; 0 takes the registration back. */
  register(expiresSeconds: number): Promise<Answered> {
    return this.#registration.register(expiresSeconds);
  }

  get registration(): RegistrationReport {
    return this.#registration.report;
  }

  async #askToRegister(expiresSeconds: number): Promise<Answered> {
    const address = `sip:${this.#options.user}@${this.#options.domain}`;
    const { answered } = await this.#authenticated((headers) => ({
      method: "REGISTER",
      uri: `sip:${this.#options.domain}`,
      to: `<${address}>`,
      callId: this.#registrations.callId,
      sequence: (this.#registrations.sequence += 1),
      headers: [...headers, this.#ranked(), ["Expires", String(expiresSeconds)]],
      body: "",
    }));
    return answered;
  }

  /** Calls `uri` and resolves when the call is answered or refused. */
  async call(uri: string): Promise<CallSetUp> {
    const audio = await RtpStream.open(this.#options.local.address, this.#options.srtp);
    const callId = randomToken();
    let sequence = 0;
    const { request, response, answered } = await this.#authenticated((headers) => ({
      method: "INVITE",
      uri,
      to: `<${uri}>`,
      callId,
      sequence: (sequence += 1),
      headers: [...headers, this.#contact(), ["Content-Type", "application/sdp"]],
      body: describeAudio(audio.local, 1),
    }));
    if (response.status >= 300) {
      audio.close();
      return { ...answered, callId };
    }
    const dialog = dialogOfCaller(request, response);
    const call = new Call(this.#endpoint, this.#contact(), { dialog, audio });
    this.#calls.set(callId, call);
    call.accepted(response);
    return { ...answered, callId };
  }

  /** The next call that comes in (one that came before is taken first). */
  arrival(): Promise<Call> {
    const call = this.#arrived.shift();
    return call === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(call);
  }

  /** @throws {PhoneError} when this phone has no such call */
  callOf(callId: string): Call {
    const call = this.#calls.get(callId);
    if (call === undefined) throw new PhoneError(`${this.#options.user} has no call ${callId}`);
    return call;
  }

  #contact(): Header {
    const { address, port } = this.#endpoint.local;
    const { user, transport } = this.#options;
    const over = transport === undefined ? "" : `;transport=${transport}`;
    return ["Contact", `<sip:${user}@${bracketed(address)}:${port}${over}>`];
  }

  #ranked(): Header {
    const [name, value] = this.#contact();
    const { q } = this.#options;
    return [name, q === undefined ? value : `${value};q=${q}`];
  }

  /** Sends a request and, when it is challenged, sends it once more with credentials. */
  async #authenticated(
    describe: (headers: readonly Header[]) => Request,
  ): Promise<{ request: SipRequest; response: SipResponse; answered: Answered }> {
    const authenticator = new Authenticator(this.#options);
    const sentMs = nowMs();
    let request = this.#format(describe([]));
    let { response, repeats }: FinalAnswer = await this.#endpoint.request(request);
    if (authenticator.learn(response)) {
      request = this.#format(describe(authenticator.headersFor(request.method, request.uri)));
      const second = await this.#endpoint.request(request);
      response = second.response;
      repeats += second.repeats;
    }
    const { status, reason } = response;
    return { request, response, answered: { status, reason, repeats, tookMs: nowMs() - sentMs } };
  }

  #format({ method, uri, to, callId, sequence, headers, body }: Request): SipRequest {
    const { user, domain } = this.#options;
    return {
      kind: "request",
      method,
      uri,
      headers: [
        this.#endpoint.via(),
        ["Max-Forwards", "70"],
        ["From", `<sip:${user}@${domain}>;tag=${this.#tag}`],
        ["To", to],
        ["Call-ID", callId],
        ["CSeq", `${sequence} ${method}`],
        ["User-Agent", "tandem-phone"],
        ...headers,
      ],
      body,
    };
  }

  #receive(request: SipRequest, transaction: ServerTransaction): void {
    const call = this.#calls.get(headerOf(request, "Call-ID"));
    if (call?.receive(request, transaction) === true) return;
    if (request.method === "INVITE") void this.#answer(request, transaction);
    else if (request.method === "OPTIONS") transaction.respond(answerTo(request, [200, "OK"], {}));
    else if (request.method === "REGISTER") transaction.respond(registered(request));
    else if (request.method !== "ACK")
      transaction.respond(answerTo(request, [481, "Call Does Not Exist"], {}));
  }

  async #answer(invite: SipRequest, transaction: ServerTransaction): Promise<void> {
    const toTag = randomToken();
    if (isSecure(invite.body) !== (this.#options.srtp ?? false)) {
      transaction.respond(answerTo(invite, [488, "Not Acceptable Here"], { toTag }));
      return;
    }
    transaction.respond(answerTo(invite, [180, "Ringing"], { toTag, headers: [this.#contact()] }));
    const audio = await RtpStream.open(this.#options.local.address, this.#options.srtp);
    // Its process may end while it rings.
    await pause(this.#options.ringMs ?? 0, undefined, { ref: false });
    const dialog = dialogOfCallee(invite, toTag);
    const call = new Call(this.#endpoint, this.#contact(), { dialog, audio });
    this.#calls.set(dialog.callId, call);
    call.accept(invite, transaction, toTag);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#arrived.push(call);
    else waiting(call);
  }
}

/** A peer that registers whoever asks, for as long as is asked for. */
const registered = (request: SipRequest): SipResponse => {
  const kept = ["Contact", "Expires"] as const;
  const headers = kept.map((name): Header => [name, headerOf(request, name)]);
  return answerTo(request, [200, "OK"], { headers });
};
