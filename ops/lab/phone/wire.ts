import { createSocket } from "node:dgram";
import type { Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { Socket } from "node:net";
import { LINE_END, MessageStream } from "./message-stream.ts";
import { connectTo } from "./raw.ts";
import type { RawOptions } from "./raw.ts";
import { PhoneError } from "./phone-error.ts";

export type WireOptions = Pick<RawOptions, "transport" | "local" | "server">;

interface Listener {
  readonly wanted: RegExp;
  readonly resolve: (message: string) => void;
}

/** One socket that sends what it is told and keeps what it hears, byte by byte: for what no phone would say. */
export class Wire {
  readonly #send: (bytes: Buffer) => void;
  readonly #shut: () => void;
  readonly #heard: string[] = [];
  readonly #listeners = new Set<Listener>();

  private constructor(socket: DatagramSocket | Socket, server: WireOptions["server"]) {
    socket.on("error", () => undefined);
    if ("bind" in socket) {
      socket.on("message", (datagram) => this.#hear(datagram.toString("latin1")));
      this.#send = (bytes) => socket.send(bytes, server.port, server.address, () => undefined);
      this.#shut = () => socket.close();
    } else {
      const stream = new MessageStream();
      socket.on("data", (piece: Buffer) => {
        for (const part of stream.take(piece.toString("latin1")))
          if (part !== LINE_END) this.#hear(part);
      });
      this.#send = (bytes) => void socket.write(bytes);
      this.#shut = () => socket.destroy();
    }
  }

  static async open(options: WireOptions): Promise<Wire> {
    if (options.transport !== "udp") return new Wire(await connectTo(options), options.server);
    const socket = createSocket(isIPv6(options.local.address) ? "udp6" : "udp4");
    socket.bind(options.local.port, options.local.address);
    await once(socket, "listening");
    return new Wire(socket, options.server);
  }

  /** @param message base64 */
  send(message: string): void {
    this.#send(Buffer.from(message, "base64"));
  }

  /**
   * The first message that matches and was not taken before.
   *
   * @throws {PhoneError} when none came within `withinMs`; it says what was heard instead
   */
  async heard(wanted: RegExp, withinMs: number): Promise<string> {
    const at = this.#heard.findIndex((message) => wanted.test(message));
    if (at >= 0) return this.#heard.splice(at, 1).join("");
    return new Promise((resolve, reject) => {
      const listener: Listener = {
        wanted,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(listener);
        const heard = this.#heard.map((message) => message.split("\r\n", 1).join("")).join("; ");
        reject(new PhoneError(`did not hear ${String(wanted)}, but: ${heard}`));
      }, withinMs);
      this.#listeners.add(listener);
    });
  }

  close(): void {
    this.#shut();
  }

  #hear(message: string): void {
    for (const listener of this.#listeners)
      if (listener.wanted.test(message)) {
        this.#listeners.delete(listener);
        listener.resolve(message);
        return;
      }
    this.#heard.push(message);
  }
}
