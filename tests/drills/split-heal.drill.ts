import { setTimeout as pause } from "node:timers/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const PAUSE_MS = 20;
const WRITTEN_MS = 2_000;
const SPLIT_MS = 10_000;

export const story = drill(
  "split-heal",
  "the nodes are cut apart on every link, both are active and both are written to; after the heal no row is gone",
  async (pair) => {
    await pair.settled();
    await pair.quiet();
    const { standby } = pair;
    pair.writeRows(PAUSE_MS);
    await pair.rowsUnderWay();
    await pause(WRITTEN_MS);

    await pair.faults.splitPair();
    await pair.expect.role(standby, "active", { withinMs: 10_000 });
    await pair.expect.databaseWritable({ withinMs: 10_000 });
    pair.writeRows(PAUSE_MS, standby);
    await pause(SPLIT_MS);
    await pair.faults.healPair();
    const { lost, quarantined } = await pair.countRows(nowMs());
    if (lost > 0) throw new ExpectationError(`${lost} rows were lost`);
    if (quarantined === 0) throw new ExpectationError("no row was saved");
  },
);
