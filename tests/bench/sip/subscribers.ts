import { figure, median, middle } from "../figure.ts";
import type { Figure } from "../figure.ts";
import { Population } from "./population.ts";
import type { Size } from "./population.ts";

const RUNS = 10;
/** Of the medians, many to few. */
const RATIO = 1.2;
const MS_PER_SECOND = 1_000;

const FEW: Size = { name: "benchfew", subscribers: 10, registrations: 5, phones: 10 };
const MANY: Size = {
  name: "benchmany",
  subscribers: 100_000,
  registrations: 50_000,
  phones: 1_000,
};

/** After which a NAT may have forgotten a phone, docs/config.md: kamailio.proxy.nat_ping_seconds. */
const NAT_FORGETS_S = 30;
/** Phones behind NAT that do nothing but answer. */
const SILENT_PHONES = MANY.registrations - (MANY.phones >> 1);

const CALLS = { count: 300, atOnce: 2 };
/** One call of each pair of the few, so that each is of subscribers that the proxy has not read. */
const FIRST_CALLS = FEW.phones >> 1;

/** What one run of one population gave, milliseconds. */
interface Run {
  readonly ready: number;
  readonly callAfterStart: number;
  readonly calls: number;
  readonly firstCalls: number;
}

const measured = (population: Population): Promise<Run> =>
  population.turn(async (ready) => {
    const setUp = async (count: number, atOnce: number): Promise<number> =>
      middle((await population.calls(count, atOnce)).setUpMs);
    const callAfterStart = await setUp(1, 1);
    await setUp(CALLS.count, CALLS.atOnce);
    const calls = await setUp(CALLS.count, CALLS.atOnce);
    await population.forget();
    const firstCalls = await setUp(FIRST_CALLS, 1);
    return { ready, callAfterStart, calls, firstCalls };
  });

const WHAT: readonly (readonly [keyof Run, string, boolean])[] = [
  ["calls", "set-up of a call", true],
  ["firstCalls", "set-up of a call of subscribers that the proxy has not read", true],
  ["ready", "proxy ready after its start", true],
  ["callAfterStart", "set-up of the first call after that", false],
];

const figuresOf = (few: readonly Run[], many: readonly Run[]): readonly Figure[] =>
  WHAT.flatMap(([key, name, bound]) => {
    const [ofFew, ofMany] = [few, many].map((runs) => runs.map((run) => run[key]));
    const ratio = median(ofMany ?? []) / median(ofFew ?? []);
    return [
      figure(`${name}, with ${FEW.subscribers} subscribers`, "ms", ofFew ?? []),
      figure(`  with ${MANY.subscribers}`, "ms", ofMany ?? []),
      figure("  ratio of the medians", "", [ratio], bound ? { atMost: RATIO } : {}),
    ];
  });

/** A call, and the proxy after a takeover, with ten subscribers and with 100,000 of whom 50,000 are registered. */
export const manySubscribersBeside = async (): Promise<Figure[]> => {
  const few = await Population.open(FEW);
  try {
    const many = await Population.open(MANY);
    try {
      const [ofFew, ofMany]: [Run[], Run[]] = [[], []];
      // In turn, so that what else the machine does is in both; the first of each is not counted.
      for (let run = 0; run <= RUNS; run += 1) {
        ofFew.push(await measured(few));
        ofMany.push(await measured(many));
      }
      const asked = await many.turn(() => many.asked(NAT_FORGETS_S * MS_PER_SECOND));
      return [
        figure(`${MANY.subscribers} subscribers provisioned`, "s", [
          many.provisionedMs / MS_PER_SECOND,
        ]),
        figure("registrations", "", [MANY.registrations]),
        figure(`phones behind NAT asked within ${NAT_FORGETS_S} s`, "", [asked], {
          atLeast: SILENT_PHONES,
        }),
        ...figuresOf(ofFew.slice(1), ofMany.slice(1)),
      ];
    } finally {
      await many.end();
    }
  } finally {
    await few.end();
  }
};
