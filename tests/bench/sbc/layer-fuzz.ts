import { responseTo } from "../../../components/sbc/sip/responses.ts";
import { RFC_3261_TIMERS } from "../../../components/sbc/sip/timers.ts";
import { TransactionLayer } from "../../../components/sbc/sip/transaction-layer.ts";
import { Random } from "../../sim/random.ts";
import type { Figure } from "../figure.ts";
import { figure } from "../figure.ts";
import { heapBytes } from "./heap.ts";
import { mutated } from "../mutate.ts";
import { readTwice, sipCorpus } from "../sip-oracle.ts";
import type { Outcome } from "../sip-oracle.ts";

const WARM_UP = 20_000;
const DATAGRAMS = 100_000;
const SEED = 4475;
const SOURCE = { address: "192.0.2.1", port: 5060 };
/** The heap after a collection may have grown by this. */
const GROWTH_PERCENT = 5;

/** Parser, answers, serializer and transactions under mutated datagrams, one each millisecond; the same ones each time. */
class Fuzz {
  readonly counts: Record<Outcome, number> = { understood: 0, answered: 0, dropped: 0 };
  failures = 0;
  readonly layer = new TransactionLayer(RFC_3261_TIMERS, () => "tag");
  readonly #corpus = sipCorpus();
  readonly #random = new Random(SEED, "sbc-fuzz");
  #nowMs = 0;

  run(datagrams: number): void {
    for (let count = 0; count < datagrams; count += 1) {
      const message = this.#corpus[count % this.#corpus.length] ?? Buffer.alloc(0);
      const datagram = mutated(message, this.#random);
      this.#nowMs += 1;
      try {
        this.counts[readTwice(datagram)] += 1;
        this.#serve(datagram);
      } catch (error) {
        this.failures += 1;
        process.stderr.write(`${String(error)} (${datagram.toString("base64")})\n`);
      }
    }
  }

  /** Lets the longest of the timers that end transactions pass: 64*T1, and for failures timer I after it. */
  drain(): void {
    const endMs = this.#nowMs + 64 * RFC_3261_TIMERS.t1Ms + RFC_3261_TIMERS.t4Ms;
    while (this.layer.deadline <= endMs) this.layer.advance(this.layer.deadline);
    this.#nowMs = endMs;
  }

  #serve(datagram: Buffer): void {
    if (this.layer.deadline <= this.#nowMs) this.layer.advance(this.#nowMs);
    for (const output of this.layer.receive(datagram, SOURCE, this.#nowMs)) {
      if (output.kind !== "request" && output.kind !== "cancel") continue;
      const answer = { status: output.kind === "request" ? 404 : 481, toTag: "b" };
      this.layer.respond(output.key, responseTo(output.request, answer), this.#nowMs);
    }
  }
}

/** 100,000 mutated datagrams: nothing throws, nothing is left of them 64*T1 later, and the heap is as it was. */
export const sbcLayerFuzz = (): Figure[] => {
  const fuzz = new Fuzz();
  fuzz.run(WARM_UP);
  fuzz.drain();
  const before = heapBytes();
  fuzz.run(DATAGRAMS);
  const most = fuzz.layer.size;
  fuzz.drain();
  const growth = (heapBytes() / before - 1) * 100;
  return [
    figure("mutated datagrams", "datagrams", [DATAGRAMS + WARM_UP], { atLeast: 100_000 }),
    ...Object.entries(fuzz.counts).map(([name, value]) => figure(name, "datagrams", [value])),
    figure("failures", "datagrams", [fuzz.failures], { atMost: 0 }),
    figure("transactions at the end of the run", "transactions", [most]),
    figure("transactions 64*T1 later", "transactions", [fuzz.layer.size], { atMost: 0 }),
    figure("heap growth", "%", [growth], { atMost: GROWTH_PERCENT }),
  ];
};
