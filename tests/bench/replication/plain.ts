import { setTimeout as pause } from "node:timers/promises";
import type { Figure } from "../figure.ts";
import { figure } from "../figure.ts";
import { PlainPair } from "./plain-pair.ts";

const BETWEEN_MS = 10;
const LONG_CUT_MS = 60_000;
const SPLIT_MS = 10_000;
const PAUSE_MS = 20;
/** The second node is given its power when the first has booted. */
const BOOT_MS = 10_000;

/** A fault that the drills have as well; it leaves both nodes with power and every cable in its place. */
type Fault = (pair: PlainPair) => Promise<void>;

const powerCut: Fault = async (pair) => {
  pair.write(pair.one, 0);
  await pair.underWay();
  await pair.one.cutPower();
  await pair.serves(pair.two);
  await pair.one.powerOn();
};

const crosslinkFirst =
  (beforeMs: number, pauseMs: number): Fault =>
  async (pair) => {
    pair.write(pair.one, pauseMs);
    await pair.underWay();
    pair.crosslink("down");
    await pause(beforeMs);
    await pair.one.cutPower();
    await pair.serves(pair.two);
    pair.crosslink("up");
    await pair.one.powerOn();
  };

const bothCut =
  (firstBack: "one" | "two"): Fault =>
  async (pair) => {
    pair.write(pair.one, 0);
    await pair.underWay();
    await Promise.all([pair.one.cutPower(), pair.two.cutPower()]);
    const first = pair[firstBack];
    await first.powerOn();
    await pause(BOOT_MS);
    await pair.other(first).powerOn();
  };

const emptyDisk: Fault = async (pair) => {
  pair.write(pair.one, PAUSE_MS);
  await pair.underWay();
  await pair.two.cutPower();
  pair.two.emptyDisk();
  await pair.two.powerOn();
};

const split: Fault = async (pair) => {
  pair.write(pair.one, PAUSE_MS);
  await pair.underWay();
  pair.crosslink("down");
  pair.splitLan();
  await pair.serves(pair.two);
  pair.write(pair.two, PAUSE_MS);
  await pause(SPLIT_MS);
  pair.healLan();
  pair.crosslink("up");
};

const FAULTS: readonly (readonly [string, Fault])[] = [
  ["rows-power-cut", powerCut],
  ["rows-crosslink-then-power", crosslinkFirst(BETWEEN_MS, 0)],
  ["crosslink-cut-60s-before", crosslinkFirst(LONG_CUT_MS, PAUSE_MS)],
  ["rows-both-cut, the active one first back", bothCut("one")],
  ["rows-both-cut, the standby first back", bothCut("two")],
  ["standby-empty-disk", emptyDisk],
  ["split-heal", split],
];

/** Acknowledged rows that are not in the database of the node that serves. */
const missing = (pair: PlainPair): number => {
  const there = pair.active.rows;
  return pair.acknowledged.filter((row) => !there.has(row)).length;
};

const perform = async (name: string, fault: Fault): Promise<readonly Figure[]> => {
  const pair = await PlainPair.make();
  try {
    await fault(pair);
    pair.stopWriting();
    const byItself = await pair.comesIntoOrder();
    const steps = byItself ? 0 : await pair.rebuild();
    return [
      figure(`${name}: rows acknowledged`, "rows", [pair.acknowledged.length]),
      figure(`${name}: rows lost`, "rows", [missing(pair)]),
      figure(`${name}: manual steps`, "commands", [steps]),
    ];
  } finally {
    await pair.remove();
  }
};

/** What a plain pair of MariaDB under keepalived does in the faults of the drills of rows. */
export const plainReplication = async (): Promise<Figure[]> => {
  const figures: Figure[] = [];
  for (const [name, fault] of FAULTS) figures.push(...(await perform(name, fault)));
  return figures;
};
