import { drill } from "./harness/drill.ts";

export const story = drill(
  "one-way-link",
  "the standby hears nothing over the crosslink while the active node hears it; nothing moves",
  async (pair) => {
    await pair.ready();

    await pair.faults.deafen(pair.standby, "crosslink");
    await pair.expect.noTakeover({ forMs: 5000 });
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
