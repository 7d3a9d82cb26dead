import { setTimeout as pause } from "node:timers/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const WRITTEN_MS = 2_000;

export const story = drill(
  "rows-power-cut",
  "the power of the active node is cut while eight clients write call records; every row that was acknowledged is there",
  async (pair) => {
    await pair.settled();
    await pair.quiet();
    const { active, standby } = pair;
    pair.writeRows();
    await pair.rowsUnderWay();
    await pause(WRITTEN_MS);

    await pair.faults.cutPower(active);
    await pair.expect.active(standby, { withinMs: 5_000 });
    await pair.faults.powerOn(active);
    const { lost, quarantined } = await pair.countRows(nowMs());
    if (lost + quarantined > 0)
      throw new ExpectationError(
        `${lost} rows were lost, and ${quarantined} were on one node alone`,
      );
    pair.expect.neverBothHeld();
  },
);
