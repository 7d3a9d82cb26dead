import { isIPv6 } from "node:net";
import { Phones } from "../../../ops/lab/phone/phones.ts";
import type { SipAddress } from "../../../ops/lab/phone/endpoint.ts";
import type { PhoneOptions } from "../../../ops/lab/phone/phone.ts";
import { DOMAIN, SHARED, TRUSTED } from "./appliance.ts";
import type { EngineNode } from "./node.ts";
import { until } from "./until.ts";

const SERVER: SipAddress = { address: SHARED.v4, port: 5060 };

export interface OptionsRequest {
  readonly uri: string;
  readonly from?: string;
  readonly headers?: readonly string[];
  readonly method?: string;
  readonly toTag?: string;
  /** Whom From names, and To in a REGISTER. */
  readonly user?: string;
  /** Of From. */
  readonly domain?: string;
  readonly callId?: string;
  readonly transport?: "UDP" | "TCP" | "TLS";
}

let requests = 0;

/** One request as text, base64, with a branch and a Call-ID of its own. */
export const requestText = (request: OptionsRequest): string => {
  const { uri, from = TRUSTED, headers = [], method = "OPTIONS", toTag } = request;
  const { transport = "UDP", user = "probe", domain = DOMAIN } = request;
  const to = method === "REGISTER" ? `sip:${user}@${DOMAIN}` : uri;
  requests += 1;
  const id = `${process.pid}-${requests}`;
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/${transport} ${from};rport;branch=z9hG4bK${id}`,
    "Max-Forwards: 70",
    `From: <sip:${user}@${domain}>;tag=${id}`,
    `To: <${to}>${toTag === undefined ? "" : `;tag=${toTag}`}`,
    `Call-ID: ${request.callId ?? id}`,
    `CSeq: 1 ${method}`,
    ...headers,
    "Content-Length: 0",
    "",
    "",
  ];
  return Buffer.from(lines.join("\r\n")).toString("base64");
};

/** The phones a and b, and whatever else the LAN sends. */
export class Lan {
  readonly #node: EngineNode;
  #phones: Phones | undefined;

  constructor(node: EngineNode) {
    this.#node = node;
  }

  /** The process of the phones; it starts when it is first needed, in the network that the node's boot makes. */
  get phones(): Phones {
    this.#phones ??= new Phones(
      this.#node.inPhones(process.execPath, "dist/ops/lab/phone/main.js"),
    );
    return this.#phones;
  }

  async close(): Promise<void> {
    await this.#phones?.close();
  }

  /** What is provisioned for this LAN's phones: each user with its own password, and what `more` says of it. */
  static subscribers(more: Readonly<Record<string, object>> = { a: {}, b: {} }): object {
    const entries = Object.entries(more).map(([user, what]): [string, object] => [
      `${user}@${DOMAIN}`,
      { customer: "the customer", password: `secret-${user}`, ...what },
    ]);
    return {
      domains: { [DOMAIN]: {} },
      customers: { "the customer": {} },
      subscribers: Object.fromEntries<object>(entries),
    };
  }

  open(
    phone: string,
    local: SipAddress,
    more: Partial<Pick<PhoneOptions, "user" | "ringMs" | "q" | "transport" | "srtp">> = {},
  ): Promise<null> {
    const { user = phone, transport } = more;
    const password = `secret-${user}`;
    const address = isIPv6(local.address) ? SHARED.v6 : SHARED.v4;
    const server = { address, port: transport === undefined ? 5060 : 5061 };
    const options = { ringMs: 0, ...more, user, domain: DOMAIN, password, local, server };
    return this.phones.ask({ kind: "open", phone, options });
  }

  /** Registers a phone, as soon as the node that has just become active serves. */
  async register(phone: string): Promise<void> {
    await until(async () => {
      const { status } = await this.phones.ask({ kind: "register", phone, expiresSeconds: 600 });
      return status === 200;
    }, 10_000);
  }

  /** Phones of these subscribers, registered. */
  async openAll(users: readonly string[]): Promise<void> {
    for (const [index, user] of users.entries()) {
      await this.open(user, { address: `192.0.2.${101 + index}`, port: 5060 });
      await this.register(user);
    }
  }

  /** The phones a and b, registered. */
  async openBoth(): Promise<void> {
    await this.openAll(["a", "b"]);
  }

  /** Dials a subscriber's name, and says what was answered: "486 Busy Here". */
  async dial(phone: string, user: string): Promise<{ answer: string; callId: string }> {
    const uri = `sip:${user}@${DOMAIN}`;
    const { status, reason, callId } = await this.phones.ask({ kind: "call", phone, uri });
    return { answer: `${status} ${reason}`, callId };
  }

  /** Sends requests by UDP and answers what came back, as text. */
  datagrams(
    messages: readonly string[],
    more: { readonly from?: string; readonly waitMs?: number; readonly enough?: number } = {},
  ): Promise<readonly string[]> {
    const { from = TRUSTED, waitMs = 2000, enough = messages.length } = more;
    const local = { address: from, port: 0 };
    return this.phones.ask({
      kind: "raw",
      options: { transport: "udp", local, server: SERVER, messages, waitMs, enough },
    });
  }

  async stream(transport: "tcp" | "tls", port: number, message: string): Promise<string> {
    const local = { address: TRUSTED, port: 0 };
    const server = { address: SHARED.v4, port };
    const [answer = ""] = await this.phones.ask({
      kind: "raw",
      options: { transport, local, server, messages: [message], waitMs: 3000, enough: 1 },
    });
    return answer;
  }

  /** Sets up a call from a to subscriber b, whose phone is `callee`, and answers its Call-ID. */
  async call(callee = "b"): Promise<string> {
    const arrival = this.phones.ask({ kind: "arrival", phone: callee });
    const uri = `sip:b@${DOMAIN}`;
    const { status, reason, callId } = await this.phones.ask({ kind: "call", phone: "a", uri });
    if (status !== 200) throw new Error(`the call was refused: ${status} ${reason}`);
    await arrival;
    return callId;
  }

  /** The INVITE that the phone got, under a Call-ID of its own behind the B2BUA, and the row that was written of it. */
  async delivered(
    phone: string,
    callId: string,
    there = callId,
  ): Promise<{ readonly invite: string; readonly row: string }> {
    const heard = await this.phones.ask({ kind: "transcript", phone });
    const invite = heard.findLast((text) => text.startsWith("INVITE") && text.includes(there));
    const row = await this.#node.sql(
      `select concat_ws(' ', sip_code, dst_user, dst_leg) from acc where callid = '${callId}' and method = 'INVITE'`,
    );
    return { invite: invite ?? "", row };
  }

  /** Waits until both sides of the call have received so many packets of audio more. */
  listen(callId: string, packets: number, callee = "b"): Promise<void> {
    return this.hear(callId, packets, ["a", callee]);
  }

  /** Waits until each of these phones has received so many packets of the call's audio more. */
  async hear(callId: string, packets: number, sides: readonly string[]): Promise<void> {
    for (const phone of sides) await this.phones.ask({ kind: "markAudio", phone, callId });
    await until(async () => {
      const heard = sides.map((phone) => this.phones.ask({ kind: "audio", phone, callId }));
      return (await Promise.all(heard)).every(({ received }) => received >= packets);
    }, 10_000);
  }
}
