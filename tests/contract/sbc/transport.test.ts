import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import test from "ava";
import { RFC_3261_TIMERS } from "../../../components/sbc/sip/timers.ts";
import { SipSocketError, Transport } from "../../../components/sbc/transport.ts";
import { mutated } from "../../bench/mutate.ts";
import { sipCorpus } from "../../bench/sip-oracle.ts";
import { Random } from "../../sim/random.ts";
import { until } from "../sip/until.ts";
import { PlainAgent } from "./plain-agent.ts";
import { asCallee, scenario, Sipp, TIMER_J_MS } from "./sipp.ts";

const CALLS = 300;
const RATE = 100;
/** More than the whole of timer B for the last call. */
const LIMIT_MS = 60_000;

const started = async (): Promise<{ transport: Transport; agent: PlainAgent }> => {
  const agents: PlainAgent[] = [];
  const transport = await Transport.open(
    { address: "127.0.0.1", port: 0, timers: RFC_3261_TIMERS },
    (opened) => {
      const agent = new PlainAgent(opened);
      agents.push(agent);
      return agent;
    },
  );
  const [agent] = agents;
  if (agent === undefined) throw new Error("the transport made no core");
  return { transport, agent };
};

const load = [
  "-m",
  String(CALLS),
  "-r",
  String(RATE),
  "-d",
  "0",
  "-timeout",
  "55s",
  "-timeout_error",
];

const freePort = async (): Promise<number> => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
};

for (const lost of [0, 10]) {
  test.serial(
    `SIPp calls, ${lost} % of its messages lost: every call is answered and ended`,
    async (t) => {
      const { transport, agent } = await started();
      const target = `127.0.0.1:${transport.local.port}`;
      const sipp = new Sipp([target, "-sf", scenario("caller"), "-lost", String(lost), ...load]);
      t.teardown(async () => {
        await sipp.remove();
        await transport.close();
      });
      t.is(await sipp.ended(), 0, sipp.output);
      t.is(agent.counts.answered, CALLS);
      t.is(agent.counts.ended, CALLS);
      t.is(agent.counts.failed + agent.counts.unacknowledged, 0);
    },
  );

  test.serial(
    `SIPp is called, ${lost} % of its messages lost: every call is answered and ended`,
    async (t) => {
      const { transport, agent } = await started();
      const port = await freePort();
      const sipp = new Sipp([...asCallee(TIMER_J_MS), "-p", String(port), "-lost", String(lost)]);
      t.teardown(async () => {
        await sipp.remove();
        await transport.close();
      });
      const target = { address: "127.0.0.1", port };
      for (let call = 0; call < CALLS; call += 1) {
        agent.call(target);
        if (call % 10 === 9) await until(() => Promise.resolve(agent.open < 50), LIMIT_MS);
      }
      await until(() => Promise.resolve(agent.open === 0), LIMIT_MS);
      t.is(agent.counts.answered, CALLS);
      t.is(agent.counts.ended, CALLS);
      t.is(agent.counts.failed, 0);
    },
  );
}

test.serial("an address of somebody else cannot be opened, and the error says which", async (t) => {
  const options = { address: "192.0.2.1", port: 5080, timers: RFC_3261_TIMERS };
  const error = await t.throwsAsync(
    Transport.open(options, (transport) => new PlainAgent(transport)),
    { instanceOf: SipSocketError, code: "NGCP_SBC_SOCKET" },
  );
  t.regex(error.message, /192\.0\.2\.1 port 5080/);
});

const ask = async (socket: Socket, port: number): Promise<string> => {
  const asked = [
    "OPTIONS sip:agent@127.0.0.1 SIP/2.0",
    "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKprobe;rport",
    "From: <sip:probe@127.0.0.1>;tag=probe",
    "To: <sip:agent@127.0.0.1>",
    "Call-ID: probe",
    "CSeq: 1 OPTIONS",
    "\r\n",
  ].join("\r\n");
  const answers: string[] = [];
  socket.on("message", (bytes: Buffer) => answers.push(bytes.toString()));
  await until(() => {
    socket.send(asked, port, "127.0.0.1");
    return Promise.resolve(answers.some((answer) => answer.includes("Call-ID: probe")));
  }, LIMIT_MS);
  return answers.find((answer) => answer.includes("Call-ID: probe")) ?? "";
};

test.serial("the socket outlives mutated datagrams, and Vias that lead nowhere", async (t) => {
  const { transport, agent } = await started();
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.teardown(async () => {
    socket.close();
    await transport.close();
  });
  const random = new Random(5_080, "transport");
  const corpus = sipCorpus();
  const nowhere = Buffer.from("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:0\r\n\r\n");
  for (let count = 0; count < 2_000; count += 1) {
    const message = corpus[count % corpus.length] ?? nowhere;
    socket.send(
      count % 50 === 0 ? nowhere : mutated(message, random),
      transport.local.port,
      "127.0.0.1",
    );
    if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  t.regex(await ask(socket, transport.local.port), /^SIP\/2\.0 200 OK\r\n/);
  t.true(transport.transactions.discarded.malformed > 100);
  t.is(agent.counts.failed, 0);
});
