import type { Desk } from "../desk.ts";
import { SERVER } from "../hiding.ts";
import type { Guest } from "../shared.ts";
import { tagOf } from "../sip/address.ts";
import { headerElements, headerValue } from "../sip/header.ts";
import type { Header } from "../sip/header.ts";
import type { SipRequest } from "../sip/message.ts";
import { responseTo } from "../sip/responses.ts";
import { responseTarget } from "../sip/via.ts";
import { randomToken } from "../transport.ts";
import type { CoreInput } from "../transport.ts";
import { HeldDialogs } from "./dialogs.ts";
import type { HeldDialog } from "./dialogs.ts";
import { Herald } from "./ground.ts";
import type { Link } from "./link.ts";
import type { Answering, Sending } from "./orders.ts";
import type { ApplicationTags } from "./tags.ts";
import { ApplicationClients } from "./uac.ts";
import { ApplicationServers } from "./uas.ts";
import type { Received } from "./uas.ts";

/** The header by which the proxy says that a request is for an application, and for which: its tag. */
const FOR_APPLICATION = "P-NGCP-Application";

const GONE: Header = {
  name: "Reason",
  value: 'Q.850;cause=41;text="the application has ended"',
};
const UNACKNOWLEDGED: Header = { name: "Reason", value: 'SIP;cause=408;text="ACK timeout"' };

type RequestInput = Extract<CoreInput, { readonly kind: "request" }>;

/** Requests for applications and from them. What they hold is theirs alone: no call of the core depends on it. */
export class Applications implements Guest {
  readonly #desk: Desk;
  readonly #tags: ApplicationTags;
  readonly #dialogs = new HeldDialogs();
  readonly #servers: ApplicationServers;
  readonly #clients: ApplicationClients;
  readonly #links = new Set<Link>();

  /** @param silentMs how long an application may leave a request without any response */
  constructor(desk: Desk, tags: ApplicationTags, silentMs: () => number) {
    this.#desk = desk;
    this.#tags = tags;
    const ground = { desk, dialogs: this.#dialogs, tags };
    const herald = new Herald(() => desk.transport.local);
    this.#servers = new ApplicationServers(ground, herald, silentMs);
    this.#clients = new ApplicationClients(ground, herald);
    this.#servers.onUnacknowledged = (held) => {
      const bye = this.#clients.end(held, UNACKNOWLEDGED);
      herald.ended(held, bye, desk.targetOf(held.dialog));
    };
  }

  get deadline(): number {
    return Math.min(this.#servers.deadline, this.#clients.deadline);
  }

  advance(nowMs: number): void {
    this.#servers.advance(nowMs);
    this.#clients.advance(nowMs);
  }

  /** How many applications are connected, and how many dialogs they hold. */
  get counts(): { readonly connections: number; readonly dialogs: number } {
    return { connections: this.#links.size, dialogs: this.#dialogs.size };
  }

  join(link: Link): void {
    this.#links.add(link);
  }

  /** The connection is gone, and with it what the application knew: nobody is to wait for it. */
  leave(link: Link): void {
    if (!this.#links.delete(link)) return;
    this.#servers.leave(link);
    this.#clients.leave(link);
    for (const held of this.#dialogs.of(link)) this.#clients.end(held, GONE);
    this.#desk.transport.rearm();
  }

  send(link: Link, order: Sending): void {
    this.#clients.send(link, order);
  }

  respond(link: Link, order: Answering): void {
    this.#servers.respond(link, order);
  }

  /** Whether an input is about applications, and not about a call that the core carries. */
  concerns(input: CoreInput): boolean {
    switch (input.kind) {
      case "request":
        return this.#isForApplications(input.request);
      case "cancel":
        return this.#servers.owns(input.inviteKey);
      case "ack":
        return this.#tags.isOurs(tagOf(input.request.to));
      case "response":
      case "strayResponse":
        return this.#tags.isOurs(tagOf(input.response.from));
      case "failed":
        return this.#servers.owns(input.key) || this.#tags.isOurs(tagOf(input.request.from));
    }
  }

  #isForApplications(request: SipRequest): boolean {
    const tag = tagOf(request.to);
    return tag === undefined
      ? headerValue(request, FOR_APPLICATION) !== undefined
      : this.#tags.isOurs(tag);
  }

  receive(input: CoreInput): void {
    switch (input.kind) {
      case "request": {
        this.#onRequest(input);
        return;
      }
      case "cancel": {
        const source = responseTarget(input.request.vias[0]);
        this.#servers.cancel(input.inviteKey ?? "", { ...input, source });
        return;
      }
      case "ack": {
        const held = this.#dialogs.get(tagOf(input.request.to));
        if (held !== undefined) this.#servers.acknowledge(held, input.request);
        return;
      }
      case "response": {
        this.#clients.receive(input.key, input.response);
        return;
      }
      case "strayResponse": {
        this.#clients.stray(input.response);
        return;
      }
      case "failed": {
        this.#servers.failed(input.key);
        this.#clients.failed(input.key, input.because === "timeout" ? 408 : 503);
        return;
      }
    }
  }

  #onRequest(received: RequestInput): void {
    const { request } = received;
    const tag = tagOf(request.to);
    const unsupported = headerElements(request, "Require");
    if (unsupported.length > 0) {
      const value = unsupported.join(", ");
      this.#refuse(received, 420, [{ name: "Unsupported", value }]);
      return;
    }
    if (tag === undefined) {
      this.#onOutside(received);
      return;
    }
    const held: HeldDialog | undefined = this.#dialogs.get(tag);
    if (held === undefined) this.#refuse(received, 481);
    else this.#servers.continue(held, received);
  }

  /** To the application that was asked first of those that fit: others of the same tag are there when it is not. */
  #onOutside(received: RequestInput): void {
    const { request } = received;
    const name = headerValue(request, FOR_APPLICATION) ?? "";
    const verb = request.method.toLowerCase();
    const link = [...this.#links].find(({ tags, verbs }) => tags.has(name) && verbs.has(verb));
    if (link === undefined) this.#refuse(received, 480);
    else this.#servers.begin(link, received);
  }

  #refuse({ key, request }: Received, status: number, headers: readonly Header[] = []): void {
    const answer = { status, toTag: randomToken(), headers: [SERVER, ...headers] };
    this.#desk.transport.respond(key, responseTo(request, answer));
  }
}
