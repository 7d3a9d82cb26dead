import { rm } from "node:fs/promises";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const PAUSE_MS = 20;

export const story = drill(
  "clone-interrupted",
  "the active node dies in the middle of a copy for an empty standby; when it is back, the copy is begun again",
  async (pair) => {
    await pair.settled();
    const { active, standby } = pair;
    await pair.faults.fillDatabase(active, standby);
    await pair.quiet();
    pair.writeRows(PAUSE_MS);

    await pair.faults.cutPower(standby);
    for (const folder of await pair.faults.dataFolders(standby))
      await rm(folder, { recursive: true, force: true });
    await pair.faults.powerOn(standby);
    await pair.expect.status(standby, {
      shows: "that it is being copied",
      holds: ({ stores }) => stores.some(({ detail }) => detail.includes("receiving")),
      withinMs: 60_000,
    });
    await pair.faults.cutPower(active);
    const at = await pair.faults.powerOn(active);
    await pair.expect.active(active, { withinMs: 60_000 });
    const { lost, quarantined } = await pair.countRows(at);
    if (lost + quarantined > 0)
      throw new ExpectationError(
        `${lost} rows were lost, and ${quarantined} were on one node alone`,
      );
    pair.expect.neverBothHeld();
  },
);
