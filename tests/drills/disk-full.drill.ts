import { setTimeout as pause } from "node:timers/promises";
import { drill } from "./harness/drill.ts";

const FULL_MS = 5000;

export const story = drill(
  "disk-full",
  "the disk of the active node is full; the address is served all the time, and the daemon lives",
  async (pair) => {
    await pair.ready();
    await pair.standbyEligible();

    await pair.faults.fillDisk(pair.active);
    await pause(FULL_MS);
    pair.expect.servedBySomebody();
    pair.expect.neverBothHeld();
    await pair.faults.repair();
    // A node that can write nothing hands over: it may be in the middle of that.
    await pair.expect.callGoesOn({ withinMs: 5000 });
    await pair.expect.callKept();
  },
);
