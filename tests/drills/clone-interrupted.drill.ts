import { rm } from "node:fs/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";
import type { Pair } from "./harness/pair.ts";

const PAUSE_MS = 10;
/** A dead source is noticed by the copy, and the daemons of this node have looked at the stores several times. */
const ALONE_MS = 12_000;
const BEGINS_WITHIN_MS = 60_000;

const copyArrives = (pair: Pair): Promise<void> =>
  pair.expect.status(pair.standby, {
    shows: "a copy that arrives",
    holds: ({ stores }) =>
      stores.some(
        ({ store, state, detail }) =>
          store === "mysql" && state === "cloning" && /receiving/.test(detail),
      ),
    withinMs: BEGINS_WITHIN_MS,
  });

/** A standby with nothing but the beginning of a copy has nothing to serve from: it waits for the node that has the data. */
const emptyStandby = async (pair: Pair): Promise<void> => {
  const { active, standby } = pair;
  await pair.faults.cutPower(standby);
  for (const folder of await pair.faults.dataFolders(standby))
    await rm(folder, { recursive: true, force: true });
  await pair.faults.powerOn(standby);
  await copyArrives(pair);
  await pair.faults.cutPower(active);
  await pair.expect.noTakeover({ forMs: ALONE_MS });
  await pair.faults.powerOn(active);
  await pair.expect.active(active, { withinMs: 60_000 });
};

export const story = drill(
  "clone-interrupted",
  "the standby's disk is empty, and the active node loses power in the middle of the copy; the copy is begun again when it is back",
  async (pair) => {
    await pair.settled();
    await pair.fill();
    await pair.quiet();
    pair.writeRows(PAUSE_MS);
    await pair.rowsUnderWay();
    await emptyStandby(pair);
    const { lost, quarantined } = await pair.countRows(nowMs());
    if (lost + quarantined > 0)
      throw new ExpectationError(
        `${lost} rows were lost, and ${quarantined} were on one node alone`,
      );
    pair.expect.neverBothHeld();
  },
);
