import { rm } from "node:fs/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const PAUSE_MS = 10;

export const story = drill(
  "standby-empty-disk",
  "the standby comes back with an empty disk; it takes a copy by itself while eight clients write on the active node",
  async (pair) => {
    await pair.settled();
    await pair.fill();
    await pair.ready();
    const { standby } = pair;
    pair.writeRows(PAUSE_MS);

    await pair.faults.cutPower(standby);
    for (const folder of await pair.faults.dataFolders(standby))
      await rm(folder, { recursive: true, force: true });
    await pair.faults.powerOn(standby);
    const { lost } = await pair.countRows(nowMs());
    if (lost > 0) throw new ExpectationError(`${lost} rows were lost`);
    await pair.expect.callKept();
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
  },
);
