import { Random } from "../sim/random.ts";
import type { Figure } from "./figure.ts";
import { figure } from "./figure.ts";
import { mutated } from "./mutate.ts";
import { readTwice, sipCorpus } from "./sip-oracle.ts";
import type { Outcome } from "./sip-oracle.ts";

const DATAGRAMS = 100_000;
const SEED = 4475;

/** 100,000 mutated datagrams through parser, answer and serializer; the same ones each time. */
export const sbcFuzz = (): Figure[] => {
  const corpus = sipCorpus();
  const random = new Random(SEED, "sbc-fuzz");
  const counts: Record<Outcome, number> = { understood: 0, answered: 0, dropped: 0 };
  let failures = 0;
  for (let count = 0; count < DATAGRAMS; count += 1) {
    const datagram = mutated(corpus[count % corpus.length] ?? Buffer.alloc(0), random);
    try {
      counts[readTwice(datagram)] += 1;
    } catch (error) {
      failures += 1;
      process.stderr.write(`${String(error)} (${datagram.toString("base64")})\n`);
    }
  }
  return [
    figure("mutated datagrams", "datagrams", [DATAGRAMS]),
    ...Object.entries(counts).map(([name, value]) => figure(name, "datagrams", [value])),
    figure("failures", "datagrams", [failures], { atMost: 0 }),
  ];
};
