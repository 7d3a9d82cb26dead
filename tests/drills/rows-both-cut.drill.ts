import { setTimeout as pause } from "node:timers/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const WRITTEN_MS = 2_000;
/** The second node is given its power when the first has booted. */
const BETWEEN_MS = 10_000;

export const story = drill(
  "rows-both-cut",
  "both nodes lose power while eight clients write, and come back the active one first, then the standby first",
  async (pair) => {
    await pair.settled();
    await pair.quiet();
    for (const activeFirst of [true, false]) {
      const { active, standby } = pair;
      pair.writeRows();
      await pair.rowsUnderWay();
      await pause(WRITTEN_MS);
      await pair.faults.cutPower(active, standby);
      const [first, second] = activeFirst ? [active, standby] : [standby, active];
      await pair.faults.powerOn(first);
      await pause(BETWEEN_MS);
      const secondAt = nowMs();
      await pair.faults.powerOn(second);
      await pair.expect.somebodyActive({ withinMs: 60_000 });
      const { lost, quarantined } = await pair.countRows(secondAt);
      if (lost + quarantined > 0)
        throw new ExpectationError(
          `${lost} rows were lost, and ${quarantined} were on one node alone, with ${first} back first`,
        );
    }
    pair.expect.neverBothHeld();
  },
);
