import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { askSbc } from "../../../components/sbc/control/client.ts";
import type { Stats } from "../../../components/sbc/control/contract.ts";
import { tagOf } from "../../../components/sbc/sip/address.ts";
import { parseMessage } from "../../../components/sbc/sip/parse.ts";
import { RFC_3261_TIMERS, patienceMs } from "../../../components/sbc/sip/timers.ts";
import { Transport, randomToken } from "../../../components/sbc/transport.ts";
import { freeUdpPort } from "../../contract/sbc/pair.ts";
import { RedisServer } from "../../contract/sbc/redis-server.ts";
import { PlainAgent } from "../../contract/sbc/plain-agent.ts";
import { until } from "../../contract/sip/until.ts";
import { checkout } from "../../golden/golden.ts";
import { Random } from "../../sim/random.ts";
import type { Figure } from "../figure.ts";
import { figure } from "../figure.ts";
import { mutated } from "../mutate.ts";
import { sipCorpus } from "../sip-oracle.ts";

/** Until then the program is still being compiled, and its tables grow to what they need. */
const WARM_UP = 50_000;
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
      `Via: SIP/2.0/UDP ${LOCALHOST}:${port};branch=z9hG4bK${randomToken()}`,
      "From: <sip:probe@example.org>;tag=probe",
      "To: <sip:sbc@example.org>",
      `Call-ID: ${randomToken()}`,
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
    // One character for each byte: a Call-ID may be any.
    "latin1",
  );
};

/** A B2BUA between a peer that sends mutated datagrams, within calls too, and one that answers every call. */
class Bed {
  sent = 0;
  answered = 0;
  readonly #random = new Random(SEED, "b2bua-fuzz");
  readonly #corpus = sipCorpus();
  readonly #port: number;
  readonly #controlPort: number;
  readonly #child: ChildProcess;
  readonly #redis: RedisServer;
  readonly #callee: Transport;
  readonly #socket: Socket;
  #alive = false;
  #ending = false;
  /** By the tag of the B2BUA the BYEs of the calls that were answered and that nobody has ended well. */
  readonly #byes = new Map<string, Buffer>();

  private constructor(parts: { redis: RedisServer; callee: Transport; ports: [number, number] }) {
    [this.#port, this.#controlPort] = parts.ports;
    this.#redis = parts.redis;
    this.#callee = parts.callee;
    const local = (port: number): string => `${LOCALHOST}:${port}`;
    this.#child = fork(
      join(checkout, "dist/tests/bench/sbc/child.js"),
      [
        ...["--listen", local(this.#port), "--next-hop", local(this.#callee.local.port)],
        ...["--redis", local(this.#redis.port), "--control", local(this.#controlPort)],
      ],
      { execArgv: ["--expose-gc"] },
    );
    this.#socket = createSocket("udp4").bind(0, LOCALHOST);
    this.#socket.on("message", (bytes: Buffer) => this.#onAnswer(bytes));
  }

  static async start(): Promise<Bed> {
    const redis = await RedisServer.start();
    const callee = await Transport.open(
      { address: LOCALHOST, port: 0, timers: RFC_3261_TIMERS },
      (transport) => new PlainAgent(transport),
    );
    const bed = new Bed({ redis, callee, ports: [await freeUdpPort(), await freeUdpPort()] });
    await once(bed.#socket, "listening");
    await until(() => bed.#answersProbe(), LIMIT_MS);
    return bed;
  }

  async run(datagrams: number): Promise<void> {
    const end = this.sent + datagrams;
    while (this.sent < end) {
      for (let count = 0; count < AT_ONCE; count += 1) {
        const message = this.#corpus[this.sent % this.#corpus.length] ?? Buffer.alloc(0);
        this.#send(mutated(fresh(message, this.sent), this.#random));
      }
      await this.#caughtUp();
    }
  }

  /** Ends the calls that are up, and lets all that was begun come to its end, and what answers repetitions of it. */
  async drain(): Promise<void> {
    this.#ending = true;
    const end = performance.now() + patienceMs(RFC_3261_TIMERS);
    while (this.#byes.size > 0 && performance.now() < end) await this.#hangUp();
    this.#byes.clear();
    const left = async (): Promise<boolean> => {
      const { calls, transactions } = await this.stats();
      return calls + transactions === 0;
    };
    await until(left, LIVES * patienceMs(RFC_3261_TIMERS)).catch(() => undefined);
    this.#ending = false;
  }

  /** A BYE to each call that has not answered one, the same again: a datagram may be lost where a process is late. */
  async #hangUp(): Promise<void> {
    for (const [count, bye] of [...this.#byes.values()].entries()) {
      this.#toSbc(bye);
      if (count % AT_ONCE === 0) await this.#caughtUp();
    }
    await this.#caughtUp();
  }

  stats(): Promise<Stats> {
    return askSbc({ command: "stats" }, { address: LOCALHOST, port: this.#controlPort });
  }

  /** Of the B2BUA, after a collection. */
  async heapBytes(): Promise<number> {
    const told = once(this.#child, "message") as Promise<unknown[]>;
    this.#child.send("heap");
    const [bytes] = await told;
    return Number(bytes);
  }

  /** Whether the process is still the one that was started. */
  get lives(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async end(): Promise<void> {
    this.#socket.close();
    if (this.lives) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    await this.#callee.close();
    await this.#redis.kill();
  }

  /** When it answers, the datagrams before are read. */
  #caughtUp(): Promise<void> {
    this.#alive = false;
    return until(() => this.#answersProbe(), LIMIT_MS);
  }

  #answersProbe(): Promise<boolean> {
    if (!this.lives) throw new Error("the B2BUA has crashed");
    this.#toSbc(probe(this.#socket.address().port));
    return Promise.resolve(this.#alive);
  }

  #send(datagram: Buffer): void {
    this.sent += 1;
    this.#toSbc(datagram);
  }

  #toSbc(datagram: Buffer): void {
    this.#socket.send(datagram, this.#port, LOCALHOST);
  }

  /** An answered call goes on with an ACK and a BYE that are mutated too; in the end it is hung up. */
  #onAnswer(bytes: Buffer): void {
    const message = parseMessage(bytes);
    if (message.kind !== "response") return;
    if (tagOf(message.from) === "probe") this.#alive = true;
    else if (message.cseq.sequence === LAST_BYE) this.#byes.delete(tagOf(message.to) ?? "");
    else if (message.status === 200 && message.cseq.method === "INVITE")
      this.#onAnswered(bytes.toString("latin1"), tagOf(message.to) ?? "");
  }

  #onAnswered(answer: string, tag: string): void {
    if (!this.#byes.has(tag)) {
      this.answered += 1;
      this.#byes.set(tag, within("BYE", answer, LAST_BYE));
    }
    if (this.#ending) return;
    for (const method of ["ACK", "BYE"]) this.#send(mutated(within(method, answer), this.#random));
  }
}

/** 100,000 mutated datagrams through a whole B2BUA: it answers on, nothing is left of them, and the heap is as it was. */
export const sbcFuzz = async (): Promise<Figure[]> => {
  const bed = await Bed.start();
  try {
    await bed.run(WARM_UP);
    await bed.drain();
    const before = await bed.heapBytes();
    await bed.run(DATAGRAMS);
    const most = await bed.stats();
    await bed.drain();
    const left = await bed.stats();
    const growth = ((await bed.heapBytes()) / before - 1) * 100;
    return [
      figure("fuzz of the B2BUA: mutated datagrams", "datagrams", [bed.sent], {
        atLeast: DATAGRAMS,
      }),
      figure("  of them malformed", "datagrams", [left.malformed]),
      figure("  crashes", "crashes", [bed.lives ? 0 : 1], { atMost: 0 }),
      figure("  calls answered", "calls", [bed.answered]),
      figure("  transactions at the end of the run", "transactions", [most.transactions]),
      figure("  calls when their timers are over", "calls", [left.calls], { atMost: 0 }),
      figure("  transactions then", "transactions", [left.transactions], { atMost: 0 }),
      figure("  heap growth", "%", [growth], { atMost: GROWTH_PERCENT }),
    ];
  } finally {
    await bed.end();
  }
};
