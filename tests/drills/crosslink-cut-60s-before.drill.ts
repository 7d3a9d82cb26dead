import { setTimeout as pause } from "node:timers/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import type { NodeName } from "../../ops/lab/names.ts";
import type { Outcome } from "../../ops/lab/run.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";
import { expectNoStall } from "./harness/rows/stall.ts";
import type { Pair } from "./harness/pair.ts";

const CUT_MS = 60_000;
const PAUSE_MS = 20;
const WRITTEN_MS = 2_000;

/** As an operator does it: what is there, the rows of the newest folder, and all of them back. */
const bringBack = async (pair: Pair, node: NodeName): Promise<void> => {
  const tool = (...words: readonly string[]): Promise<Outcome> =>
    pair.faults.exec(node, ["ngcp-replication", "quarantine", ...words]);
  const listed = (await tool("list")).stdout;
  const name = listed.match(/^\S+$/gm)?.at(-1) ?? "";
  const shown = (await tool("show", name)).stdout;
  if (!/rows inserted \d+/.test(shown) || !/^ {2}became .*INVITE/m.test(shown))
    throw new ExpectationError(`rows that only ${node} had are not shown: ${listed}`);
  const restored = await tool("restore");
  if (!/^\d+ rows are back/m.test(restored.stdout))
    throw new ExpectationError(`nothing is back: ${restored.stdout}${restored.stderr}`);
};

export const story = drill(
  "crosslink-cut-60s-before",
  "the crosslink is cut for a minute, then the power of the active node; rows of it alone are saved when it comes back, shown, and brought back",
  async (pair) => {
    await pair.settled();
    await pair.quiet();
    const { active, standby } = pair;
    pair.writeRows(PAUSE_MS);
    await pair.rowsUnderWay();
    await pause(WRITTEN_MS);

    const cutAt = await pair.faults.unplug({ node: active, link: "crosslink" });
    await pair.expect.status(active, {
      shows: "the alarm crosslinkDown",
      holds: ({ alarms }) => alarms.some(({ name }) => name === "crosslinkDown"),
      withinMs: 2_000,
    });
    const alarm_ms = nowMs() - cutAt;
    await pause(cutAt + CUT_MS - nowMs());
    await pair.faults.cutPower(active);
    await pair.expect.active(standby, { withinMs: 5_000 });
    await pair.faults.plug({ node: active, link: "crosslink" });
    await pair.faults.powerOn(active);
    const { lost, quarantined, inSyncS, longestMs } = await pair.countRows(nowMs());
    if (lost > 0) throw new ExpectationError(`${lost} rows were lost`);
    if (quarantined === 0) throw new ExpectationError("no row was saved");
    await bringBack(pair, active);
    const after = await pair.countRows(nowMs());
    pair.note({ alarm_ms: Math.round(alarm_ms), rows_back: quarantined, in_sync_s: inSyncS });
    expectNoStall(longestMs);
    if (after.lost + after.quarantined > 0)
      throw new ExpectationError(
        `${after.lost + after.quarantined} rows are not back in the database`,
      );
    pair.expect.neverBothHeld();
  },
);
