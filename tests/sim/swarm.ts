import type { HaSettings } from "../../ha/core/settings.ts";
import { millis } from "../../ha/core/time.ts";
import type { Side, Weather } from "./network.ts";
import { SIDES, across } from "./network.ts";
import type { Random } from "./random.ts";

const NAMES = ["sp1", "sp2"] as const;

/** The timers of a pair, as shipped but for the waits of minutes, which are drawn shorter. */
const timers = (random: Random): Omit<HaSettings, "node" | "peer" | "rank"> => {
  const calm = random.chance(0.15);
  const ms = (low: number, high: number) => millis(random.integer(low, high));
  return {
    paired: true,
    version: "1.0",
    sharedAddresses: [{ cidr: "192.0.2.10/24", family: "ipv4", device: "eth0" }],
    sharedAddressesHash: "5d0c",
    heartbeatMs: millis(calm ? 100 : 50),
    tickMs: millis(random.pick([10, 20])),
    deadMs: millis(calm ? 500 : 250),
    yieldMs: millis(100),
    releaseMaxMs: millis(50),
    suspectLeadMs: millis(150),
    claimMs: millis(100),
    carrierSettleMs: millis(30),
    listenMs: millis(100),
    initialDeadMs: ms(2_000, 5_000),
    aloneWaitMs: ms(3_000, 12_000),
    togetherMs: millis(2_000),
    retryMs: millis(1_000),
    pingAdvantageMs: ms(1_000, 3_000),
    standbyHoldOffMs: ms(2_000, 8_000),
    unfitExpiryMs: ms(3_000, 10_000),
    unfitHandoversMax: 2,
    unfitWindowMs: ms(10_000, 40_000),
    prepareMaxMs: ms(1_000, 3_000),
    handOverMaxMs: millis(2_000),
    openMaxMs: ms(3_000, 6_000),
    closeMaxMs: ms(3_000, 6_000),
    servedAlarmMs: millis(10_000),
    differsAlarmMs: millis(15_000),
    canFencePeer: random.chance(0.15),
  };
};

/** Settings of both nodes. They differ where an operator's mistake or an upgrade under way would make them differ. */
export const drawSettings = (random: Random): readonly [HaSettings, HaSettings] => {
  const common = timers(random);
  const larger = random.chance(0.1) ? random.pick(SIDES) : undefined;
  const of = (side: Side): HaSettings => ({
    ...common,
    node: NAMES[side],
    peer: NAMES[across(side)],
    rank: side,
    deadMs: millis(common.deadMs + (larger === side ? 150 : 0)),
  });
  return [of(0), of(1)];
};

export const drawWeather = (random: Random): Weather => ({
  loss: random.pick([0, 0, 0.01, 0.05]),
  duplicates: random.pick([0, 0.02]),
  delayMs: random.pick([0.5, 2, 8]),
  pingNodes: random.pick<readonly Side[]>([[0], [1], [0, 1], [0, 0], [1, 1], [1, 0, 0]]),
});

/** How fast the clock of a node runs: a good one is right to 50 ppm, a bad one to 1 %. */
export const drawRate = (random: Random): number =>
  1 + random.between(-1, 1) * random.pick([5e-5, 5e-4, 1e-2]);
