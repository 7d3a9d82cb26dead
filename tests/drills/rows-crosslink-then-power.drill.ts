import { setTimeout as pause } from "node:timers/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const WRITTEN_MS = 2_000;
const BETWEEN_MS = 10;
/** So long MariaDB waits for a peer that is silent on the crosslink: its dead time. */
const WAITS_MS = 250;

export const story = drill(
  "rows-crosslink-then-power",
  "the crosslink goes 10 ms before the power of the active node while eight clients write; no acknowledged row is lost",
  async (pair) => {
    await pair.settled();
    await pair.quiet();
    const { active, standby } = pair;
    pair.writeRows();
    await pair.rowsUnderWay();
    await pause(WRITTEN_MS);

    const unpluggedAt = nowMs();
    await pair.faults.unplug({ node: active, link: "crosslink" });
    await pause(BETWEEN_MS);
    const darkAt = await pair.faults.cutPower(active);
    // On a machine so busy that the power went later than meant the active node had stopped waiting for its peer: what it took then comes back from quarantine.
    const between_ms = Math.round(darkAt - unpluggedAt);
    pair.note({ between_ms });
    await pair.expect.active(standby, { withinMs: 5_000 });
    await pair.faults.plug({ node: active, link: "crosslink" });
    await pair.faults.powerOn(active);
    const { lost, quarantined } = await pair.countRows(nowMs());
    if (lost > 0 || (between_ms < WAITS_MS && quarantined > 0))
      throw new ExpectationError(
        `${lost} rows were lost, and ${quarantined} were on one node alone`,
      );
    pair.expect.neverBothHeld();
  },
);
