import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { headerValue } from "../../../components/sbc/sip/header.ts";
import { createRequest } from "../../../components/sbc/sip/message.ts";
import type { SipMessage, SipRequest, SipResponse } from "../../../components/sbc/sip/message.ts";
import { parseMessage } from "../../../components/sbc/sip/parse.ts";
import { ackOfFailure, cancelOf } from "../../../components/sbc/sip/requests.ts";
import { responseTo } from "../../../components/sbc/sip/responses.ts";
import { serialize } from "../../../components/sbc/sip/serialize.ts";
import { parseUri } from "../../../components/sbc/sip/uri.ts";
import { uniqueBranch } from "../../../components/sbc/sip/via.ts";
import { randomToken } from "../../../components/sbc/transport.ts";
import { until } from "../sip/until.ts";

const LIMIT_MS = 20_000;
const LOCALHOST = "127.0.0.1";

/** Headers as a message has them, the lines that a test is about. */
export type Lines = Readonly<Record<string, string>>;

export const sdpOf = (name: string): string =>
  `v=0\r\no=${name} 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n`;

const headersOf = (lines: Lines) => Object.entries(lines).map(([name, value]) => ({ name, value }));

const contentOf = (body: string) =>
  body === "" ? [] : [{ name: "Content-Type", value: "application/sdp" }];

/** What tells a transaction from every other (RFC 3261 section 17.2.3), but for an ACK's. */
export const branchOf = ({ vias }: SipRequest): string | undefined => uniqueBranch(vias[0]);

interface Said {
  readonly lines?: Lines;
  readonly body?: string;
}

interface SaidTo extends Said {
  /** Of the Request-URI. */
  readonly user?: string;
}

/** One end of calls whose messages a test sends and looks for one by one; nothing is repeated, nothing answered by itself. */
export class WirePhone {
  readonly port: number;
  /** All that has come, in its order. */
  readonly heard: SipMessage[] = [];
  readonly tag = randomToken();
  readonly #socket: Socket;
  #sequence = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on("message", (bytes: Buffer) => {
      const message = parseMessage(bytes);
      if (message.kind !== "malformed") this.heard.push(message);
    });
  }

  static async open(): Promise<WirePhone> {
    const socket = createSocket("udp4").bind(0, LOCALHOST);
    await once(socket, "listening");
    return new WirePhone(socket);
  }

  close(): void {
    this.#socket.close();
  }

  get contact(): string {
    return `<sip:phone@${LOCALHOST}:${this.port}>`;
  }

  send(message: SipMessage, port: number): void {
    this.#socket.send(serialize(message), port, LOCALHOST);
  }

  /** The INVITE of a new call, sent to `port`. */
  invite(port: number, { body = sdpOf("caller"), ...said }: SaidTo = {}): SipRequest {
    return this.outside("INVITE", port, { ...said, body });
  }

  /** A request outside of a dialog, sent to `port`. */
  outside(
    method: string,
    port: number,
    { lines = {}, body = "", user = "service" }: SaidTo = {},
  ): SipRequest {
    this.#sequence += 1;
    const uri = `sip:${user}@${LOCALHOST}:${port}`;
    const params = [{ name: "tag", value: this.tag }];
    const request = createRequest({
      method,
      uri,
      vias: [this.#via()],
      from: { displayName: undefined, uri: "sip:phone@127.0.0.1", params },
      to: { displayName: undefined, uri, params: [] },
      callId: randomToken(),
      cseq: { sequence: this.#sequence, method },
      headers: [{ name: "Contact", value: this.contact }, ...headersOf(lines), ...contentOf(body)],
      body: Buffer.from(body),
    });
    this.send(request, port);
    return request;
  }

  /** A request of the caller within the call that `answer`, a 2xx, has made. */
  within(answer: SipResponse, method: string, { lines = {}, body = "" }: Said = {}): SipRequest {
    return this.#next(method, { from: answer.from, to: answer.to, of: answer }, { lines, body });
  }

  /** A request of the callee within the call of an INVITE, by the tag that it was answered with. */
  back(invite: SipRequest, method: string, { lines = {}, body = "" }: Said = {}): SipRequest {
    const params = [{ name: "tag", value: this.tag }];
    const dialog = { from: { ...invite.to, params }, to: invite.from, of: invite };
    return this.#next(method, dialog, { lines, body });
  }

  /** The ACK of a 2xx. */
  acknowledge(answer: SipResponse): void {
    const uri = targetOf(answer);
    const { from, to, callId, cseq } = answer;
    const parts = { uri, vias: [this.#via()] as const, from, to, callId };
    const { sequence } = cseq;
    this.send(
      createRequest({ ...parts, method: "ACK", cseq: { sequence, method: "ACK" } }),
      portOf(uri),
    );
  }

  cancel(invite: SipRequest): void {
    this.send(cancelOf(invite), portOf(invite.uri));
  }

  acknowledgeFailure(invite: SipRequest, response: SipResponse): void {
    this.send(ackOfFailure(invite, response), portOf(invite.uri));
  }

  respond(request: SipRequest, status: number, { lines = {}, body = "" }: Said = {}): void {
    const headers = [
      ...(status < 300 && request.method !== "BYE"
        ? [{ name: "Contact", value: this.contact }]
        : []),
      ...headersOf(lines),
      ...contentOf(body),
    ];
    const answer = { status, toTag: this.tag, headers, body: Buffer.from(body) };
    this.send(responseTo(request, answer), request.vias[0].port ?? 5060);
  }

  /** The request that has come after the first `seen` messages, as soon as it is there: one of them once more is none (RFC 3261 section 17.1.1.2 repeats it). */
  async request(method: string, seen = 0): Promise<SipRequest> {
    const old = new Set(this.#requestsIn(0, seen, method).map(branchOf));
    return this.#found(() =>
      this.#requestsIn(seen, this.heard.length, method).find(
        (message) => !old.has(branchOf(message)),
      ),
    );
  }

  /** `earlier` once more, of those that have come after the first `seen` messages. */
  async repeated(earlier: SipRequest, seen: number): Promise<SipRequest> {
    return this.#found(() =>
      this.#requestsIn(seen, this.heard.length, earlier.method).find(
        (message) => branchOf(message) === branchOf(earlier),
      ),
    );
  }

  /** The next request of the same kind in its dialog, and not `earlier` once more: RFC 3261 section 17.1.1.2 repeats it. */
  async following(earlier: SipRequest): Promise<SipRequest> {
    return this.#found(() =>
      this.requests(earlier.method).find(
        ({ callId, cseq }) => callId === earlier.callId && cseq.sequence > earlier.cseq.sequence,
      ),
    );
  }

  /** The response to a request of this end, as soon as it is there. */
  async response(to: SipRequest, status: number, limitMs = LIMIT_MS): Promise<SipResponse> {
    return this.#found(
      () => this.answers(to).find((message) => message.status === status),
      limitMs,
    );
  }

  /** What was answered to a request. */
  answers({ callId, cseq }: SipRequest): readonly SipResponse[] {
    return this.heard
      .filter((message) => message.kind === "response")
      .filter((message) => message.callId === callId)
      .filter((message) => message.cseq.sequence === cseq.sequence)
      .filter((message) => message.cseq.method === cseq.method);
  }

  requests(method: string): readonly SipRequest[] {
    return this.#requestsIn(0, this.heard.length, method);
  }

  #requestsIn(start: number, end: number, method: string): readonly SipRequest[] {
    return this.heard
      .slice(start, end)
      .filter((message) => message.kind === "request")
      .filter((message) => message.method === method);
  }

  async #found<Found>(find: () => Found | undefined, limitMs = LIMIT_MS): Promise<Found> {
    await until(() => Promise.resolve(find() !== undefined), limitMs);
    return find() as Found;
  }

  #next(
    method: string,
    { from, to, of }: Pick<SipRequest, "from" | "to"> & { readonly of: SipMessage },
    { lines, body }: Required<Said>,
  ): SipRequest {
    this.#sequence += 1;
    const uri = targetOf(of);
    const request = createRequest({
      method,
      uri,
      vias: [this.#via()],
      from,
      to,
      callId: of.callId,
      cseq: { sequence: this.#sequence, method },
      headers: [{ name: "Contact", value: this.contact }, ...headersOf(lines), ...contentOf(body)],
      body: Buffer.from(body),
    });
    this.send(request, portOf(uri));
    return request;
  }

  #via(): SipRequest["vias"][0] {
    const params = [{ name: "branch", value: `z9hG4bK${randomToken()}` }];
    return { transport: "UDP", host: LOCALHOST, port: this.port, params };
  }
}

const targetOf = (message: SipMessage): string =>
  /<([^>]+)>/.exec(headerValue(message, "Contact") ?? "")?.[1] ?? "";

const portOf = (uri: string): number => {
  const parsed = parseUri(uri);
  return parsed?.kind === "sip" ? (parsed.port ?? 5060) : 5060;
};
