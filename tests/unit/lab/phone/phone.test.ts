import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import test from "ava";
import { Phone } from "../../../../ops/lab/phone/phone.ts";
import { RtpStream } from "../../../../ops/lab/phone/rtp.ts";
import { answerTo } from "../../../../ops/lab/phone/endpoint.ts";
import { formatMessage, headerOf, parseMessage } from "../../../../ops/lab/phone/message.ts";
import type { SipRequest } from "../../../../ops/lab/phone/message.ts";

interface Registrar {
  readonly port: number;
  readonly requests: readonly SipRequest[];
  close(): void;
}

/** Answers the n-th datagram (from 0) with what `statusOf` says, and nothing at all to undefined. */
const registrar = async (statusOf: (n: number) => number | undefined): Promise<Registrar> => {
  const socket = createSocket("udp4");
  const requests: SipRequest[] = [];
  socket.on("message", (datagram, from) => {
    const request = parseMessage(datagram.toString());
    if (request?.kind !== "request") return;
    const status = statusOf(requests.length);
    requests.push(request);
    if (status === undefined) return;
    const challenge = 'Digest realm="test.invalid", nonce="n1", qop="auth"';
    const headers = status === 401 ? [["WWW-Authenticate", challenge] as const] : [];
    const text = formatMessage(answerTo(request, [status, "Said"], { headers }));
    socket.send(text, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { port: socket.address().port, requests, close: () => socket.close() };
};

const phoneOf = ({ port }: Registrar): Promise<Phone> =>
  Phone.open({
    user: "a",
    domain: "test.invalid",
    password: "secret",
    local: { address: "127.0.0.1", port: 0 },
    server: { address: "127.0.0.1", port },
  });

test("a phone answers a challenge with credentials, under the next number", async (t) => {
  const server = await registrar((n) => (n === 0 ? 401 : 200));
  const phone = await phoneOf(server);
  t.is((await phone.register(60)).status, 200);
  t.deepEqual(
    server.requests.map((request) => headerOf(request, "CSeq")),
    ["1 REGISTER", "2 REGISTER"],
  );
  const [, second] = server.requests;
  t.regex(second === undefined ? "" : headerOf(second, "Authorization"), /username="a"/);
  phone.close();
  server.close();
});

test("an unanswered request is repeated with the same branch until it is answered", async (t) => {
  const server = await registrar((n) => (n < 2 ? undefined : 200));
  const phone = await phoneOf(server);
  const { status, repeats, tookMs } = await phone.register(60);
  t.is(status, 200);
  t.is(repeats, 2);
  t.true(tookMs >= 1500 && tookMs < 3000, `${tookMs} ms: 500 and then 1000`);
  t.is(new Set(server.requests.map((request) => headerOf(request, "Via"))).size, 1);
  phone.close();
  server.close();
});

test("a refusal of the credentials is the answer, not another challenge", async (t) => {
  const server = await registrar(() => 401);
  const phone = await phoneOf(server);
  t.is((await phone.register(60)).status, 401);
  t.is(server.requests.length, 2);
  phone.close();
  server.close();
});

test("a stream counts its packets, its losses and its largest gap", async (t) => {
  const a = await RtpStream.open("127.0.0.1");
  const b = await RtpStream.open("127.0.0.1");
  t.teardown(() => a.close());
  a.sendTo(b.local);
  b.sendTo(a.local);
  while (a.report().received < 10) await pause(20);
  const whole = a.report();
  const lastedMs = (whole.lastAtMs ?? 0) - (whole.firstAtMs ?? 0);
  // A sender that was held up leaves out what it is late for.
  t.true(whole.received + whole.lost <= lastedMs / 20 + 2, `in ${lastedMs} ms`);
  t.deepEqual(whole.sources, [`127.0.0.1:${b.local.port}`]);
  a.mark();
  b.close();
  await pause(250);
  t.true(a.report().largestGapMs >= 200, "silence to this moment is a gap");
});
