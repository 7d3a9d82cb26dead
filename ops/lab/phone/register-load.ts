import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { nowMs } from "./clock.ts";
import { Authenticator } from "./credentials.ts";
import { randomToken } from "./endpoint.ts";
import { bracketed, cseqOf, formatMessage, headerOf, parseMessage } from "./message.ts";
import type { SipRequest, SipResponse } from "./message.ts";
import type { PhoneOptions } from "./phone.ts";

/** One REGISTER and its final answer. Times are monotonic milliseconds. */
export interface RegisterAnswer {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  readonly status: number;
  /** The Server header: who answered. */
  readonly server: string;
}

export interface RegisterLoadReport {
  readonly sent: number;
  /** In the order in which they came; requests without an answer are missing. */
  readonly answers: readonly RegisterAnswer[];
  /** The longest time without a 200, the time since the last one included. */
  readonly largestGapMs: number;
  readonly largestGapFromMs: number;
}

export interface RegisterLoadOptions extends PhoneOptions {
  readonly everyMs: number;
}

/**
 * Sends a REGISTER with credentials every `everyMs` and notes when each is answered. None is repeated:
 * the next one follows anyway. Each has a Call-ID of its own, so that their order does not matter.
 */
export class RegisterLoad {
  readonly #options: RegisterLoadOptions;
  readonly #socket: Socket;
  readonly #authenticator: Authenticator;
  readonly #pending = new Map<string, number>();
  readonly #answers: RegisterAnswer[] = [];
  readonly #startedMs = nowMs();
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: RegisterLoadOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    this.#authenticator = new Authenticator(options);
    socket.on("message", (datagram) => {
      const message = parseMessage(datagram.toString("utf8"));
      if (message?.kind === "response") this.#receive(message);
    });
    // A server that is gone for the moment answers with ICMP; the load goes on.
    socket.on("error", () => undefined);
    this.#send();
  }

  static async start(options: RegisterLoadOptions): Promise<RegisterLoad> {
    const { address, port } = options.local;
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    socket.bind(port, address);
    await once(socket, "listening");
    return new RegisterLoad(options, socket);
  }

  report(): RegisterLoadReport {
    const good = this.#answers.filter((answer) => answer.status === 200);
    let lastMs = this.#startedMs;
    let gap = { lengthMs: 0, fromMs: lastMs };
    for (const { answeredAtMs } of [...good, { answeredAtMs: nowMs() }]) {
      if (answeredAtMs - lastMs > gap.lengthMs)
        gap = { lengthMs: answeredAtMs - lastMs, fromMs: lastMs };
      lastMs = answeredAtMs;
    }
    return {
      sent: this.#sent,
      answers: this.#answers,
      largestGapMs: gap.lengthMs,
      largestGapFromMs: gap.fromMs,
    };
  }

  stop(): RegisterLoadReport {
    clearTimeout(this.#timer);
    this.#socket.close();
    return this.report();
  }

  #send(): void {
    const request = this.#request();
    this.#pending.set(headerOf(request, "Call-ID"), nowMs());
    const { server } = this.#options;
    this.#socket.send(formatMessage(request), server.port, server.address, () => undefined);
    this.#sent += 1;
    const dueMs = this.#startedMs + this.#sent * this.#options.everyMs - nowMs();
    this.#timer = setTimeout(() => this.#send(), Math.max(0, dueMs));
  }

  #request(): SipRequest {
    const { user, domain, local } = this.#options;
    const uri = `sip:${domain}`;
    const host = `${bracketed(local.address)}:${local.port}`;
    return {
      kind: "request",
      method: "REGISTER",
      uri,
      headers: [
        ["Via", `SIP/2.0/UDP ${host};rport;branch=z9hG4bK${randomToken()}`],
        ["Max-Forwards", "70"],
        ["From", `<sip:${user}@${domain}>;tag=${randomToken()}`],
        ["To", `<sip:${user}@${domain}>`],
        ["Call-ID", randomToken()],
        ["CSeq", `${this.#sent + 1} REGISTER`],
        ["Contact", `<sip:${user}@${host}>`],
        ["Expires", "3600"],
        ...this.#authenticator.headersFor("REGISTER", uri),
      ],
      body: "",
    };
  }

  #receive(response: SipResponse): void {
    const callId = headerOf(response, "Call-ID");
    const sentAtMs = this.#pending.get(callId);
    if (sentAtMs === undefined || response.status < 200) return;
    if (cseqOf(response).method !== "REGISTER") return;
    this.#pending.delete(callId);
    this.#authenticator.learn(response);
    this.#answers.push({
      sentAtMs,
      answeredAtMs: nowMs(),
      status: response.status,
      server: headerOf(response, "Server"),
    });
  }
}
