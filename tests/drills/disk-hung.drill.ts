import { drill } from "./harness/drill.ts";

export const story = drill(
  "disk-hung",
  "the disk of the active node neither fails nor answers; after some seconds the other node takes over",
  async (pair) => {
    await pair.ready();
    await pair.standbyEligible();
    const { active, standby } = pair;

    await pair.faults.hangDisk(active);
    await pair.expect.active(standby, { withinMs: 20_000 });
    pair.expect.neverBothHeld();
    await pair.faults.repair();
    await pair.expect.callKept();
  },
);
