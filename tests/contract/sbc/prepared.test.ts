import { createSocket } from "node:dgram";
import { once } from "node:events";
import test from "ava";
import { until } from "../sip/until.ts";
import { freeUdpPort, SbcPair } from "./pair.ts";

const LIMIT_MS = 30_000;

const request = (method: string, port: number): string =>
  [
    `${method} sip:callee@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${method}`,
    "Max-Forwards: 70",
    "From: <sip:caller@127.0.0.1>;tag=a",
    "To: <sip:callee@127.0.0.1>",
    `Call-ID: prepared-${method}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:caller@127.0.0.1:${port}>`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");

test("beside a Redis that is a replica it answers OPTIONS, and an INVITE waits until it is promoted", async (t) => {
  // The same socket calls and is called.
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const heard: string[] = [];
  socket.on("message", (bytes: Buffer) => heard.push(bytes.toString()));
  const own = socket.address().port;
  const pair = await SbcPair.start(own);
  t.teardown(async () => {
    socket.close();
    await pair.end();
  });
  const port = await freeUdpPort();
  const prepared = pair.startProcess(pair.redisPorts[1], port);
  const hears = (start: string): Promise<void> =>
    until(() => Promise.resolve(heard.some((text) => text.startsWith(start))), LIMIT_MS);
  await until(() => Promise.resolve(/waits: .*READONLY/.test(prepared.said)), LIMIT_MS);
  socket.send(request("OPTIONS", own), port, "127.0.0.1");
  await hears("SIP/2.0 200 OK");
  t.regex(heard.join(""), /\r\nServer: Tandem sbc\r\n/);
  socket.send(request("INVITE", own), port, "127.0.0.1");
  await hears("SIP/2.0 100 ");
  t.false(heard.some((text) => text.startsWith("INVITE ")));
  await pair.promote();
  await hears("INVITE sip:callee@127.0.0.1 SIP/2.0");
  t.is(await prepared.ready(), 0);
});

test("a process whose Redis becomes a replica has no calls any more, and ends", async (t) => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const own = socket.address().port;
  const pair = await SbcPair.start(own);
  t.teardown(async () => {
    socket.close();
    await pair.end();
  });
  const port = await freeUdpPort();
  await pair.promote();
  const older = pair.startProcess(pair.redisPorts[1], port);
  await older.ready();
  await pair.demote();
  socket.send(request("INVITE", own), port, "127.0.0.1");
  t.is(await older.ended(), 3, older.said);
});
