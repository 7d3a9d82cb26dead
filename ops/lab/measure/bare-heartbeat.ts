import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";

/** As the daemon's: two links, a heartbeat on each every 50 ms, signed and verified once. */
const HEARTBEAT_MS = 50;
const LINKS = 2;
const BODY_BYTES = 150;

const key = createSecretKey(randomBytes(32));
const sign = (body: Buffer): Buffer => createHmac("sha256", key).update(body).digest();

const link = async (onDatagram: (datagram: Buffer) => void): Promise<Socket> => {
  const socket = createSocket({ type: "udp4", lookup: (to, _options, done) => done(null, to, 4) });
  socket.on("message", onDatagram);
  // It may be bound before this call is over: who waits has to wait first.
  const listening = once(socket, "listening");
  socket.bind(0, "127.0.0.1");
  await listening;
  return socket;
};

let last: Buffer = Buffer.alloc(0);
const verify = (datagram: Buffer): void => {
  if (datagram.equals(last)) return;
  last = datagram;
  timingSafeEqual(sign(datagram.subarray(0, BODY_BYTES)), datagram.subarray(BODY_BYTES));
};

/**
 * What Node.js itself takes for the heartbeat alone: this process sends, receives and verifies it, and does nothing else.
 * Prints the percentage of a core that it took in the given number of seconds.
 */
const main = async (seconds: number): Promise<void> => {
  const links = await Promise.all(Array.from({ length: LINKS }, () => link(verify)));
  setInterval(() => {
    const body = randomBytes(BODY_BYTES);
    const datagram = Buffer.concat([body, sign(body)]);
    for (const socket of links) socket.send(datagram, socket.address().port, "127.0.0.1");
  }, HEARTBEAT_MS);
  // What it takes to start is not what it takes.
  setTimeout(() => {
    const before = process.cpuUsage();
    const startedAt = performance.now();
    setTimeout(() => {
      const { user, system } = process.cpuUsage(before);
      const percent = (user + system) / 10 / (performance.now() - startedAt);
      process.stdout.write(`${percent.toFixed(2)}\n`);
      process.exit();
    }, seconds * 1_000);
  }, 1_000);
};

void main(Number(process.argv[2] ?? 60));
