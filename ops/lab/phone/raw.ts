import { createSocket } from "node:dgram";
import { connect as connectTcp, isIPv6 } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { SipAddress } from "./endpoint.ts";

/** Bytes sent as they are, for what no phone would send. */
export interface RawOptions {
  readonly transport: "udp" | "tcp" | "tls";
  readonly local: SipAddress;
  readonly server: SipAddress;
  /** Each is one datagram, or one piece of the stream; base64. */
  readonly messages: readonly string[];
  /** How long to listen after the last one was sent. */
  readonly waitMs: number;
  /** How many answers are enough to stop listening. */
  readonly enough: number;
}

/** What came back, as text: one datagram, or all that the stream brought. */
export type RawAnswers = readonly string[];

const sendDatagrams = async (options: RawOptions): Promise<RawAnswers> => {
  const { local, server, waitMs, enough } = options;
  const socket = createSocket(isIPv6(local.address) ? "udp6" : "udp4");
  const answers: string[] = [];
  const satisfied = new AbortController();
  socket.on("message", (datagram) => {
    answers.push(datagram.toString("latin1"));
    if (answers.length >= enough) satisfied.abort();
  });
  socket.on("error", () => satisfied.abort());
  socket.bind(local.port, local.address);
  await once(socket, "listening");
  for (const message of options.messages)
    socket.send(Buffer.from(message, "base64"), server.port, server.address, () => undefined);
  await pause(waitMs, undefined, { signal: satisfied.signal }).catch(() => undefined);
  socket.close();
  return answers;
};

/** A stream to the server, by TCP or TLS. */
export const connectTo = async ({
  transport,
  local,
  server,
}: Pick<RawOptions, "transport" | "local" | "server">): Promise<Socket> => {
  const where = { host: server.address, port: server.port, localAddress: local.address };
  if (transport === "tcp") {
    const socket = connectTcp(where);
    await once(socket, "connect");
    return socket;
  }
  // The certificate is self-signed: whom it names is of no interest here.
  const socket = connectTls({ ...where, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  return socket;
};

const sendStream = async (options: RawOptions): Promise<RawAnswers> => {
  const socket = await connectTo(options);
  const satisfied = new AbortController();
  let text = "";
  socket.on("data", (piece: Buffer) => {
    text += piece.toString("latin1");
    if (text.split("\r\n\r\n").length > options.enough) satisfied.abort();
  });
  socket.on("close", () => satisfied.abort());
  socket.on("error", () => satisfied.abort());
  for (const message of options.messages) socket.write(Buffer.from(message, "base64"));
  await pause(options.waitMs, undefined, { signal: satisfied.signal }).catch(() => undefined);
  socket.destroy();
  return text === "" ? [] : [text];
};

/** Sends the messages and answers what came back. */
export const exchangeRaw = (options: RawOptions): Promise<RawAnswers> =>
  options.transport === "udp" ? sendDatagrams(options) : sendStream(options);
