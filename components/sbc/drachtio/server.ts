import { timingSafeEqual, createHash } from "node:crypto";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { Endpoint } from "../sip/via.ts";
import { SipSocketError } from "../transport.ts";
import { randomToken } from "../transport.ts";
import type { Applications } from "./applications.ts";
import { frameOf, takeFrames } from "./frames.ts";
import type { Link } from "./link.ts";
import { orderOf } from "./orders.ts";
import type { Order } from "./orders.ts";
import { doneWord, refusedWord, welcomeWord } from "./words.ts";

export interface ServerOptions {
  readonly at: Endpoint;
  /** What each application has to know; without one nobody is let in. */
  readonly secret: string | undefined;
  /** Our address for SIP. */
  readonly local: Endpoint;
  readonly say: (sentence: string) => void;
}

/** What an application may leave unread, some 1,000 messages: it is given up when it reads no more. */
const BACKLOG_BYTES = 2 * 1024 * 1024;
/** Who has connected says at once who it is. */
const AUTHENTICATE_WITHIN_MS = 5_000;
const MOST_CONNECTIONS = 64;

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

/** One connection: bytes in, orders out, and words the other way. */
class Connection implements Link {
  tags: ReadonlySet<string> = new Set();
  readonly verbs = new Set<string>();
  readonly #socket: Socket;
  readonly #options: ServerOptions;
  readonly #applications: Applications;
  #rest: Buffer = Buffer.alloc(0);
  #isLetIn = false;

  constructor(socket: Socket, options: ServerOptions, applications: Applications) {
    this.#socket = socket;
    this.#options = options;
    this.#applications = applications;
    const late = setTimeout(() => this.#drop("it did not say who it is"), AUTHENTICATE_WITHIN_MS);
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      this.#take(bytes);
      if (this.#isLetIn) clearTimeout(late);
    });
    // What there is to say about an error, "close" says too.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(late);
      applications.leave(this);
    });
  }

  say(payload: string): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(frameOf(payload));
    if (this.#socket.writableLength > BACKLOG_BYTES) this.#drop("it does not read what it is told");
  }

  #drop(because: string): void {
    if (this.#socket.destroyed) return;
    const names = [...this.tags].join(", ");
    this.#options.say(`the connection of application "${names}" is closed: ${because}`);
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    const taken = takeFrames(Buffer.concat([this.#rest, bytes]));
    if (taken.kind === "broken") {
      this.#drop("it sends what is no frame");
      return;
    }
    this.#rest = taken.rest;
    for (const payload of taken.payloads) {
      if (this.#socket.destroyed) return;
      this.#carryOut(orderOf(payload));
    }
  }

  #carryOut(order: Order | undefined): void {
    if (order === undefined) this.#drop("it sends what is no order");
    else if (order.kind === "authenticate") this.#authenticate(order);
    else if (!this.#isLetIn) this.#drop("it did not say who it is");
    else this.#serve(order);
  }

  #authenticate(order: Extract<Order, { readonly kind: "authenticate" }>): void {
    const { secret, local } = this.#options;
    const fits = secret !== undefined && timingSafeEqual(digestOf(secret), digestOf(order.secret));
    if (!fits) {
      this.say(refusedWord(randomToken(), order.id, "the secret is wrong"));
      this.#options.say("an application is refused: its secret is wrong");
      this.#socket.end();
      return;
    }
    this.tags = new Set(order.tags);
    this.#isLetIn = true;
    this.#applications.join(this);
    this.say(welcomeWord(randomToken(), order.id, local));
  }

  #serve(order: Exclude<Order, { readonly kind: "authenticate" }>): void {
    switch (order.kind) {
      case "request": {
        this.#applications.send(this, order);
        return;
      }
      case "response": {
        this.#applications.respond(this, order);
        return;
      }
      case "refused": {
        this.say(refusedWord(randomToken(), order.id, order.reason));
        return;
      }
      case "route": {
        this.verbs.add(order.verb);
        break;
      }
      case "removeRoute": {
        this.verbs.delete(order.verb);
        break;
      }
      case "ping":
        break;
    }
    this.say(doneWord(randomToken(), order.id));
  }
}

/**
 * Serves the drachtio wire protocol to applications on this node.
 *
 * @throws {SipSocketError} when the port cannot be bound
 */
export const listenForApplications = (
  options: ServerOptions,
  applications: Applications,
): Promise<Server> => {
  const { at } = options;
  const server = createServer((socket) => {
    new Connection(socket, options, applications);
  });
  server.maxConnections = MOST_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.on("error", (error) =>
      reject(new SipSocketError(at, error.message, { cause: error, protocol: "TCP" })),
    );
    server.listen({ host: at.address, port: at.port }, () => resolve(server));
  });
};
