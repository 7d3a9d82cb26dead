import { rm } from "node:fs/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";
import { expectNoStall } from "./harness/rows/stall.ts";

const PAUSE_MS = 10;
/** The active node looks every second whether its standby has caught up. */
const WAITS_AGAIN_WITHIN_MS = 60_000;

export const story = drill(
  "standby-empty-disk",
  "the standby comes back with an empty disk; it takes a copy by itself while eight clients write on the active node",
  async (pair) => {
    await pair.settled();
    await pair.fill();
    await pair.ready();
    const { standby } = pair;
    pair.writeRows(PAUSE_MS);
    await pair.rowsUnderWay();
    await pair.expect.commitsWait({ withinMs: WAITS_AGAIN_WITHIN_MS });

    await pair.faults.cutPower(standby);
    for (const folder of await pair.faults.dataFolders(standby))
      await rm(folder, { recursive: true, force: true });
    const poweredAt = nowMs();
    await pair.faults.powerOn(standby);
    const { lost, longestMs } = await pair.countRows(poweredAt);
    if (lost > 0) throw new ExpectationError(`${lost} rows were lost`);
    await pair.expect.commitsWait({ withinMs: WAITS_AGAIN_WITHIN_MS });
    expectNoStall(longestMs);
    await pair.expect.callKept();
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
  },
);
