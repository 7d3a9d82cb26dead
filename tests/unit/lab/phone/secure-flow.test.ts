import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createServer } from "node:tls";
import type { Server, TLSSocket } from "node:tls";
import test from "ava";
import { answerTo } from "../../../../ops/lab/phone/endpoint.ts";
import {
  cseqOf,
  formatMessage,
  headerOf,
  parseMessage,
} from "../../../../ops/lab/phone/message.ts";
import type { SipRequest } from "../../../../ops/lab/phone/message.ts";
import { LINE_END, MessageStream } from "../../../../ops/lab/phone/message-stream.ts";
import { Phone } from "../../../../ops/lab/phone/phone.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tandem-flow-"));
const [key, cert] = [path.join(folder, "key"), path.join(folder, "cert")];

test.before(() => {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const words = ["-nodes", "-days", "2", "-subj", "/CN=lab", "-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", "-x509", ...curve, ...words], { stdio: "ignore" });
});

test.after.always(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Registrar {
  readonly server: Server;
  /** The connections so far, and what came by each. */
  readonly flows: { readonly socket: TLSSocket; readonly requests: SipRequest[] }[];
}

/** Accepts every REGISTER, and answers each keep-alive. */
const registrar = async (): Promise<Registrar> => {
  const flows: Registrar["flows"] = [];
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    const stream = new MessageStream();
    const requests: SipRequest[] = [];
    flows.push({ socket, requests });
    socket.on("error", () => undefined);
    socket.on("data", (piece: Buffer) => {
      for (const part of stream.take(piece.toString("latin1"))) {
        const message = parseMessage(part);
        if (part === LINE_END) socket.write(LINE_END);
        if (message?.kind !== "request") continue;
        requests.push(message);
        socket.write(formatMessage(answerTo(message, [200, "OK"], {})));
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, flows };
};

const phoneOf = ({ server }: Registrar): Promise<Phone> =>
  Phone.open({
    user: "a",
    domain: "test.invalid",
    password: "secret",
    transport: "tls",
    local: { address: "127.0.0.1", port: 5061 },
    server: { address: "127.0.0.1", port: (server.address() as AddressInfo).port },
  });

test("a TLS phone whose connection breaks connects and registers again by itself", async (t) => {
  const there = await registrar();
  const phone = await phoneOf(there);
  t.is((await phone.register(60)).status, 200);
  t.is(phone.registration.flow?.brokenAtMs, null);
  there.flows[0]?.socket.destroy();
  const isBack = (): boolean => {
    const { acceptedAtMs, flow } = phone.registration;
    const brokenAtMs = flow?.brokenAtMs ?? Number.POSITIVE_INFINITY;
    return (acceptedAtMs ?? 0) > brokenAtMs && (flow?.heardAtMs ?? 0) > brokenAtMs;
  };
  while (!isBack()) await pause(10);
  t.true(phone.registration.flow?.open);
  const [first, second] = there.flows.map(({ requests }) => requests);
  t.deepEqual(first?.map(cseqOf), [{ number: 1, method: "REGISTER" }]);
  t.deepEqual(second?.map(cseqOf), [{ number: 2, method: "REGISTER" }]);
  const [request] = second ?? [];
  t.regex(request === undefined ? "" : headerOf(request, "Via"), /^SIP\/2\.0\/TLS /);
  t.regex(request === undefined ? "" : headerOf(request, "Contact"), /:5061;transport=tls>/);
  phone.close();
  there.server.close();
});

test("a registration that a connection took with it is asked for over the next one", async (t) => {
  const there = await registrar();
  // The first connection is gone before anything came by it.
  there.server.prependOnceListener("secureConnection", (socket: TLSSocket) => socket.destroy());
  const phone = await phoneOf(there);
  t.is((await phone.register(60)).status, 200);
  t.is(there.flows.at(-1)?.requests.length, 1);
  phone.close();
  there.server.close();
});
