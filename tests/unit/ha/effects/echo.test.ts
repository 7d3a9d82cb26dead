import { randomBytes } from "node:crypto";
import test from "ava";

import { echoRequest, readEchoReply } from "../../../../ha/effects/echo.ts";

const TOKEN = randomBytes(14);
const ASKED = { host: 3, sequence: 65_535 };
/** IPv4 headers of 20 and of 24 bytes. */
const HEADERS = [
  Buffer.from([0x45, ...Array<number>(19).fill(0)]),
  Buffer.from([0x46, ...Array<number>(23).fill(0)]),
];

/** What a host makes of a request: the same message with the type of a reply. */
const replyTo = (request: Buffer, type: number): Buffer => {
  const reply = Buffer.from(request);
  reply[0] = type;
  return reply;
};

test("a request carries the checksum of RFC 1071 in IPv4, and leaves it to the kernel in IPv6", (t) => {
  const request = echoRequest("ipv4", TOKEN, ASKED);
  let sum = 0;
  for (let at = 0; at < request.length; at += 2) sum += request.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  t.is(sum, 0xffff);
  t.is(request[0], 8);
  t.is(echoRequest("ipv6", TOKEN, ASKED).readUInt32BE(0), 0x80000000);
});

test("the reply tells which request of which host it answers", (t) => {
  const request = echoRequest("ipv4", TOKEN, ASKED);
  for (const header of HEADERS)
    t.deepEqual(readEchoReply("ipv4", TOKEN, Buffer.concat([header, replyTo(request, 0)])), ASKED);
  t.deepEqual(readEchoReply("ipv6", TOKEN, replyTo(echoRequest("ipv6", TOKEN, ASKED), 129)), ASKED);
});

test("a reply to somebody else, a request, and half a message are none", (t) => {
  const reply = replyTo(echoRequest("ipv6", TOKEN, ASKED), 129);
  t.is(readEchoReply("ipv6", randomBytes(14), reply), undefined);
  t.is(readEchoReply("ipv6", TOKEN, echoRequest("ipv6", TOKEN, ASKED)), undefined);
  t.is(readEchoReply("ipv6", TOKEN, reply.subarray(0, 20)), undefined);
  t.is(readEchoReply("ipv4", TOKEN, Buffer.alloc(0)), undefined);
});
