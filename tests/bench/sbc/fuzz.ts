import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { B2bua } from "../../../components/sbc/b2bua.ts";
import { LiveCalls } from "../../../components/sbc/live-calls.ts";
import { tagOf } from "../../../components/sbc/sip/address.ts";
import { parseMessage } from "../../../components/sbc/sip/parse.ts";
import { RFC_3261_TIMERS, patienceMs } from "../../../components/sbc/sip/timers.ts";
import { CallStore } from "../../../components/sbc/store.ts";
import { Transport, randomToken } from "../../../components/sbc/transport.ts";
import { RedisServer } from "../../contract/sbc/pair.ts";
import { PlainAgent } from "../../contract/sbc/plain-agent.ts";
import { until } from "../../contract/sip/until.ts";
import { Random } from "../../sim/random.ts";
import type { Figure } from "../figure.ts";
import { figure } from "../figure.ts";
import { mutated } from "../mutate.ts";
import { sipCorpus } from "../sip-oracle.ts";
import { heapBytes } from "./heap.ts";

const WARM_UP = 5_000;
const DATAGRAMS = 100_000;
/** So many are on their way before an answer is waited for: all of them fit into a receive buffer. */
const AT_ONCE = 100;
const SEED = 5_080;
const LIMIT_MS = 60_000;
const GROWTH_PERCENT = 5;
/** An INVITE is given up after 64*T1, and its answer, or the BYE after it, is waited for as long again. */
const LIVES = 3;
const LOCALHOST = "127.0.0.1";

const probe = (port: number): Buffer =>
  Buffer.from(
    [
      `OPTIONS sip:${LOCALHOST} SIP/2.0`,
      `Via: SIP/2.0/UDP ${LOCALHOST}:${port};branch=z9hG4bK${process.hrtime.bigint()}`,
      "From: <sip:probe@example.org>;tag=probe",
      "To: <sip:sbc@example.org>",
      `Call-ID: probe${process.hrtime.bigint()}`,
      "CSeq: 1 OPTIONS",
      "\r\n",
    ].join("\r\n"),
  );

/** A message of the corpus as one that never was: of a transaction and a call of its own, answered to whom it came from. */
const fresh = (message: Buffer, count: number): Buffer =>
  Buffer.from(
    message
      .toString("latin1")
      .replace(/branch=z9hG4bK/i, `rport;branch=z9hG4bK${count}x`)
      .replace(/^((?:Call-ID|i)\s*:\s*)/im, `$1${count}x`),
    "latin1",
  );

/** The number of the BYE that is sent in the end: none that a mutated message has brought is higher. */
const LAST_BYE = 2_147_483_647;

/** The ACK or BYE of a call that was answered. */
const within = (method: string, answer: string, sequence?: number): Buffer => {
  const [, uri = ""] = /^Contact: <([^>]*)>/m.exec(answer) ?? [];
  const line = (name: string): string => new RegExp(`^${name}: .*`, "m").exec(answer)?.[0] ?? "";
  const number = Number(/^CSeq: (\d+)/m.exec(answer)?.[1]);
  return Buffer.from(
    [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${LOCALHOST};rport;branch=z9hG4bK${randomToken()}`,
      ...["From", "To", "Call-ID"].map(line),
      `CSeq: ${sequence ?? number} ${method}`,
      "\r\n",
    ].join("\r\n"),
  );
};

/** A B2BUA between a peer that sends mutated datagrams, within calls too, and one that answers every call. */
class Bed {
  readonly calls: LiveCalls;
  readonly transport: Transport;
  sent = 0;
  answered = 0;
  readonly #random = new Random(SEED, "b2bua-fuzz");
  readonly #corpus = sipCorpus();
  readonly #socket: Socket;
  readonly #close: () => Promise<unknown>;
  #alive = false;
  /** The answers to calls that nobody has ended well. */
  readonly #answers = new Set<string>();

  private constructor(parts: {
    calls: LiveCalls;
    transport: Transport;
    socket: Socket;
    close: () => Promise<unknown>;
  }) {
    this.calls = parts.calls;
    this.transport = parts.transport;
    this.#socket = parts.socket;
    this.#close = parts.close;
    this.#socket.on("message", (bytes: Buffer) => this.#onAnswer(bytes));
  }

  static async start(): Promise<Bed> {
    const redis = await RedisServer.start();
    const timers = RFC_3261_TIMERS;
    const local = { address: LOCALHOST, port: 0, timers };
    const callee = await Transport.open(local, (transport) => new PlainAgent(transport));
    const settings = { endpoint: { address: LOCALHOST, port: redis.port }, password: undefined };
    const unexpected = (reason = "fenced"): never => {
      throw new Error(reason);
    };
    const store = await CallStore.open(settings, { onFenced: unexpected, onUnsaved: unexpected });
    const calls = new LiveCalls(store);
    const cores: B2bua[] = [];
    const transport = await Transport.open(local, (opened) => {
      const core = new B2bua({ transport: opened, store, calls, timers, nextHop: callee.local });
      cores.push(core);
      return core;
    });
    for (const core of cores) await core.takeOver();
    const socket = createSocket("udp4").bind(0, LOCALHOST);
    await once(socket, "listening");
    const close = async (): Promise<void> => {
      socket.close();
      await Promise.all([transport.close(), callee.close()]);
      store.close();
      await redis.kill();
    };
    return new Bed({ calls, transport, socket, close });
  }

  async run(datagrams: number): Promise<void> {
    const end = this.sent + datagrams;
    while (this.sent < end) {
      for (let count = 0; count < AT_ONCE; count += 1) {
        const message = this.#corpus[this.sent % this.#corpus.length] ?? Buffer.alloc(0);
        this.#send(mutated(fresh(message, this.sent), this.#random));
      }
      this.#alive = false;
      this.#toSbc(probe(this.#socket.address().port));
      await until(() => Promise.resolve(this.#alive), LIMIT_MS);
    }
  }

  /** Ends the calls that are up, and lets all that was begun come to its end, and what answers repetitions of it. */
  drain(): Promise<void> {
    for (const answer of this.#answers) this.#toSbc(within("BYE", answer, LAST_BYE));
    this.#answers.clear();
    const left = (): number => this.calls.size + this.transport.transactions.size;
    return until(() => Promise.resolve(left() === 0), LIVES * patienceMs(RFC_3261_TIMERS));
  }

  end(): Promise<unknown> {
    return this.#close();
  }

  #send(datagram: Buffer): void {
    this.sent += 1;
    this.#toSbc(datagram);
  }

  #toSbc(datagram: Buffer): void {
    this.#socket.send(datagram, this.transport.local.port, LOCALHOST);
  }

  /** An answered call goes on with an ACK and a BYE that are mutated too. */
  #onAnswer(bytes: Buffer): void {
    const message = parseMessage(bytes);
    if (message.kind !== "response") return;
    if (tagOf(message.from) === "probe") this.#alive = true;
    else if (message.status === 200 && message.cseq.method === "INVITE") {
      const text = bytes.toString("latin1");
      if (!this.#answers.has(text)) this.answered += 1;
      this.#answers.add(text);
      for (const method of ["ACK", "BYE"]) this.#send(mutated(within(method, text), this.#random));
    }
  }
}

/** 100,000 mutated datagrams through a whole B2BUA: it answers on, nothing is left of them, and the heap is as it was. */
export const sbcFuzz = async (): Promise<Figure[]> => {
  const bed = await Bed.start();
  try {
    await bed.run(WARM_UP);
    await bed.drain();
    const before = heapBytes();
    await bed.run(DATAGRAMS);
    const most = bed.calls.size;
    await bed.drain().catch(() => undefined);
    const growth = (heapBytes() / before - 1) * 100;
    const { transactions } = bed.transport;
    return [
      figure("fuzz of the B2BUA: mutated datagrams", "datagrams", [bed.sent], {
        atLeast: DATAGRAMS,
      }),
      figure("  of them malformed", "datagrams", [transactions.discarded.malformed]),
      figure("  calls answered", "calls", [bed.answered]),
      figure("  calls at the end of the run", "calls", [most]),
      figure("  calls when their timers are over", "calls", [bed.calls.size], { atMost: 0 }),
      figure("  transactions then", "transactions", [transactions.size], { atMost: 0 }),
      figure("  heap growth", "%", [growth], { atMost: GROWTH_PERCENT }),
    ];
  } finally {
    await bed.end();
  }
};
