import { randomBytes } from "node:crypto";
import { isIPv4 } from "node:net";

import { addressBytes } from "./cidr.ts";
import { checksum } from "./frames.ts";
import type { RawSocket } from "./packet.ts";
import { openRaw } from "./packet.ts";

/** An answer to an echo request. */
export interface EchoAnswer {
  /** Place of the host in the list that `openEcho` was given. */
  readonly host: number;
  readonly sequence: number;
}

/** Echo requests to a list of hosts, sent and read when it suits the caller: nothing wakes the process. */
export interface EchoPort {
  /**
   * Sends one echo request.
   *
   * @param sequence 0 to 65535
   * @throws {PacketError} when the kernel does not take it: no route, forbidden by a filter
   */
  ask(host: number, sequence: number): void;
  /**
   * What has been answered since the last call, the oldest first, some dozens at most.
   *
   * @param awaited no more is read when so many answers have come: to find a socket empty costs an exception
   */
  answers(awaited: number): readonly EchoAnswer[];
  close(): void;
}

type Family = "ipv4" | "ipv6";

/** Echo request and reply: RFC 792 and RFC 4443, 4. */
const TYPES = {
  ipv4: { request: 8, reply: 0 },
  ipv6: { request: 128, reply: 129 },
} as const;
const HEADER_BYTES = 8;
const TOKEN_BYTES = 14;
const MESSAGE_BYTES = HEADER_BYTES + TOKEN_BYTES + 2;

/** More than all hosts answer in the time between two readings; what a flood leaves is read the next time. */
const READ_AT_ONCE = 64;

const headerBytes = (packet: Buffer, family: Family): number =>
  family === "ipv4" ? ((packet[0] ?? 0) & 0x0f) * 4 : 0;

/**
 * @param token random, of this process: only who has seen a request can answer it
 * @returns an ICMP message; the kernel fills in the checksum of ICMPv6, which covers addresses
 */
export const echoRequest = (
  family: Family,
  token: Buffer,
  { host, sequence }: EchoAnswer,
): Buffer => {
  const message = Buffer.alloc(MESSAGE_BYTES);
  message[0] = TYPES[family].request;
  token.copy(message, 4, 0, 2);
  message.writeUInt16BE(sequence, 6);
  token.copy(message, HEADER_BYTES);
  message.writeUInt16BE(host, HEADER_BYTES + TOKEN_BYTES);
  if (family === "ipv4") message.writeUInt16BE(checksum(message), 2);
  return message;
};

/** What a raw socket has read, when it is the answer to a request of this process. */
export const readEchoReply = (
  family: Family,
  token: Buffer,
  packet: Buffer,
): EchoAnswer | undefined => {
  const message = packet.subarray(headerBytes(packet, family));
  const isOurs =
    message.length === MESSAGE_BYTES &&
    message[0] === TYPES[family].reply &&
    message.compare(token, 0, TOKEN_BYTES, HEADER_BYTES, HEADER_BYTES + TOKEN_BYTES) === 0;
  return isOurs
    ? { host: message.readUInt16BE(HEADER_BYTES + TOKEN_BYTES), sequence: message.readUInt16BE(6) }
    : undefined;
};

const familyOf = (host: string): Family => (isIPv4(host) ? "ipv4" : "ipv6");

const repliesOf = (
  family: Family,
  socket: RawSocket,
  token: Buffer,
  awaited: number,
): readonly EchoAnswer[] => {
  const answers: EchoAnswer[] = [];
  for (let count = 0; count < READ_AT_ONCE && answers.length < awaited; count += 1) {
    const packet = socket.receive();
    if (packet === undefined) break;
    const answer = readEchoReply(family, token, packet);
    if (answer !== undefined) answers.push(answer);
  }
  return answers;
};

/**
 * @param hosts literal IPv4 and IPv6 addresses
 * @throws {PacketError} without the rights to open raw sockets (CAP_NET_RAW)
 */
export const openEcho = async (hosts: readonly string[]): Promise<EchoPort> => {
  const token = randomBytes(TOKEN_BYTES);
  const sockets = new Map<Family, RawSocket>();
  for (const family of new Set(hosts.map(familyOf)))
    sockets.set(family, await openRaw(family, TYPES[family].reply));
  return {
    ask: (host, sequence) => {
      const address = hosts[host] ?? "";
      const family = familyOf(address);
      sockets
        .get(family)
        ?.send(addressBytes(address), echoRequest(family, token, { host, sequence }));
    },
    answers: (awaited) => {
      const answers: EchoAnswer[] = [];
      for (const [family, socket] of sockets)
        answers.push(...repliesOf(family, socket, token, awaited - answers.length));
      return answers;
    },
    close: () => {
      for (const socket of sockets.values()) socket.close();
    },
  };
};
