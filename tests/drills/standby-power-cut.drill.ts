import { drill } from "./harness/drill.ts";

export const story = drill(
  "standby-power-cut",
  "the power of the standby is cut; nobody on the phone notices, and it comes back in sync",
  async (pair) => {
    await pair.ready();
    const { standby } = pair;

    await pair.faults.cutPower(standby);
    await pair.expect.noTakeover({ forMs: 3000 });
    await pair.expect.callKept();

    await pair.faults.powerOn(standby);
    await pair.settled();
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
  },
);
