import { setTimeout as pause } from "node:timers/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const CUT_MS = 60_000;
const PAUSE_MS = 20;
const WRITTEN_MS = 2_000;

export const story = drill(
  "rows-crosslink-long-cut",
  "the crosslink is cut for a minute, then the power of the active node; rows of it alone are saved when it comes back",
  async (pair) => {
    await pair.settled();
    await pair.quiet();
    const { active, standby } = pair;
    pair.writeRows(PAUSE_MS);
    await pause(WRITTEN_MS);

    const cutAt = await pair.faults.unplug({ node: active, link: "crosslink" });
    await pair.expect.status(active, {
      shows: "the alarm crosslinkDown",
      holds: ({ alarms }) => alarms.some(({ name }) => name === "crosslinkDown"),
      withinMs: 2_000,
    });
    await pause(cutAt + CUT_MS - nowMs());
    await pair.faults.cutPower(active);
    await pair.expect.active(standby, { withinMs: 5_000 });
    await pair.faults.plug({ node: active, link: "crosslink" });
    await pair.faults.powerOn(active);
    const { lost, quarantined } = await pair.countRows(nowMs());
    if (lost > 0) throw new ExpectationError(`${lost} rows were lost`);
    if (quarantined === 0) throw new ExpectationError("no row was saved");
    await pair.expect.status(active, {
      shows: "what it saved",
      holds: ({ quarantine }) => quarantine.length > 0,
      withinMs: 5_000,
    });
    pair.expect.neverBothHeld();
  },
);
