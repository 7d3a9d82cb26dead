import { headerValue } from "../../../components/sbc/sip/header.ts";
import { createRequest } from "../../../components/sbc/sip/message.ts";
import type { RequestParts, SipRequest, SipResponse } from "../../../components/sbc/sip/message.ts";
import { responseTo } from "../../../components/sbc/sip/responses.ts";
import {
  retransmissionDeadline,
  startRetransmission,
  stepRetransmission,
} from "../../../components/sbc/sip/retransmission.ts";
import type { Retransmission } from "../../../components/sbc/sip/retransmission.ts";
import { RFC_3261_TIMERS } from "../../../components/sbc/sip/timers.ts";
import { TimerQueue } from "../../../components/sbc/sip/timer-queue.ts";
import type { Endpoint } from "../../../components/sbc/sip/via.ts";
import { randomToken } from "../../../components/sbc/transport.ts";
import type { Core, CoreInput, Transport } from "../../../components/sbc/transport.ts";

const SDP = Buffer.from(
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n",
);
const SDP_TYPE = { name: "Content-Type", value: "application/sdp" };

interface Waiting {
  readonly key: string;
  readonly response: SipResponse;
  readonly retransmission: Retransmission;
}

interface Outgoing {
  readonly invite: RequestParts;
  readonly target: Endpoint;
  ack: SipRequest | undefined;
}

/**
 * A caller and a callee with no more than RFC 3261 asks of a core: 2xx repeated until the ACK, the ACK repeated for
 * each 2xx. Calls are answered at once; a call of its own is ended as soon as it is up.
 */
export class PlainAgent implements Core {
  readonly counts = { answered: 0, ended: 0, unacknowledged: 0, failed: 0 };
  readonly #transport: Transport;
  readonly #queue = new TimerQueue();
  readonly #waiting = new Map<string, Waiting>();
  readonly #outgoing = new Map<string, Outgoing>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get deadline(): number {
    return this.#queue.nextAt;
  }

  /** Calls that have neither been ended nor failed. */
  get open(): number {
    return this.#outgoing.size;
  }

  call(target: Endpoint): void {
    const callId = randomToken();
    const { local } = this.#transport;
    const invite: RequestParts = {
      method: "INVITE",
      uri: `sip:service@${target.address}:${target.port}`,
      vias: [this.#via()],
      from: {
        displayName: undefined,
        uri: "sip:agent@127.0.0.1",
        params: [{ name: "tag", value: randomToken() }],
      },
      to: { displayName: undefined, uri: "sip:service@127.0.0.1", params: [] },
      callId,
      cseq: { sequence: 1, method: "INVITE" },
      headers: [{ name: "Contact", value: `<sip:agent@${local.address}:${local.port}>` }, SDP_TYPE],
      body: SDP,
    };
    this.#outgoing.set(callId, { invite, target, ack: undefined });
    this.#transport.request(createRequest(invite), target);
  }

  receive(input: CoreInput, nowMs: number): void {
    switch (input.kind) {
      case "request": {
        this.#onRequest(input.key, input.request, nowMs);
        return;
      }
      case "ack": {
        this.#onAck(input.request.callId);
        return;
      }
      case "response":
      case "strayResponse": {
        this.#onResponse(input.response);
        return;
      }
      case "cancel": {
        this.#transport.respond(
          input.key,
          responseTo(input.request, { status: 481, toTag: randomToken() }),
        );
        return;
      }
      case "failed":
        this.counts.failed += 1;
        this.#outgoing.delete(input.request.callId);
    }
  }

  advance(nowMs: number): void {
    for (let id = this.#queue.takeDue(nowMs); id !== undefined; id = this.#queue.takeDue(nowMs)) {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) continue;
      const step = stepRetransmission(waiting.retransmission, nowMs);
      if (step.kind === "giveUp") {
        this.counts.unacknowledged += 1;
        this.#waiting.delete(id);
        continue;
      }
      if (step.kind === "send") this.#transport.respond(waiting.key, waiting.response);
      this.#await(id, { ...waiting, retransmission: step.next });
    }
  }

  #onRequest(key: string, request: SipRequest, nowMs: number): void {
    if (request.method !== "INVITE") {
      // Who ends a call has seen that it was answered: its ACK may be lost.
      if (request.method === "BYE") {
        this.#onAck(request.callId);
        this.counts.ended += 1;
      }
      this.#transport.respond(key, responseTo(request, { status: 200, toTag: randomToken() }));
      return;
    }
    const toTag = randomToken();
    const { address, port } = this.#transport.local;
    const headers = [{ name: "Contact", value: `<sip:agent@${address}:${port}>` }, SDP_TYPE];
    const response = responseTo(request, { status: 200, toTag, headers, body: SDP });
    this.#transport.respond(key, responseTo(request, { status: 180, toTag }));
    this.#transport.respond(key, response);
    this.counts.answered += 1;
    const retransmission = startRetransmission("success", nowMs, RFC_3261_TIMERS);
    this.#await(request.callId, { key, response, retransmission });
  }

  #await(id: string, waiting: Waiting): void {
    this.#waiting.set(id, waiting);
    this.#queue.set(id, retransmissionDeadline(waiting.retransmission));
  }

  #onAck(callId: string): void {
    this.#waiting.delete(callId);
    this.#queue.delete(callId);
  }

  #onResponse(response: SipResponse): void {
    const call = this.#outgoing.get(response.callId);
    if (call === undefined || response.status < 200) return;
    if (response.cseq.method === "BYE") {
      this.counts.ended += 1;
      this.#outgoing.delete(response.callId);
      return;
    }
    const first = call.ack === undefined;
    call.ack ??= this.#within(call, response, { sequence: 1, method: "ACK" });
    this.#transport.send(call.ack, call.target);
    if (!first) return;
    this.counts.answered += 1;
    this.#transport.request(
      this.#within(call, response, { sequence: 2, method: "BYE" }),
      call.target,
    );
  }

  #within({ invite }: Outgoing, response: SipResponse, cseq: SipRequest["cseq"]): SipRequest {
    const contact = headerValue(response, "Contact") ?? "";
    const uri = /<([^>]+)>/.exec(contact)?.[1] ?? invite.uri;
    const { from, callId } = invite;
    return createRequest({
      method: cseq.method,
      uri,
      vias: [this.#via()],
      from,
      to: response.to,
      callId,
      cseq,
    });
  }

  #via(): SipRequest["vias"][0] {
    const { address: host, port } = this.#transport.local;
    const params = [{ name: "branch", value: `z9hG4bK${randomToken()}` }];
    return { transport: "UDP", host, port, params };
  }
}
