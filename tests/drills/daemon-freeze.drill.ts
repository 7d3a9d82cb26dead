import { drill } from "./harness/drill.ts";

export const story = drill(
  "daemon-freeze",
  "the active node's daemon hangs; the watchdog replaces it within two seconds, and nothing moves",
  async (pair) => {
    await pair.ready();
    const before = await pair.units.mainPid(pair.active, "ngcp-ha.service");

    await pair.faults.signalUnit(pair.active, "ngcp-ha.service", "STOP");
    await pair.units.replaced(pair.active, "ngcp-ha.service", before, { withinMs: 2000 });
    await pair.expect.noTakeover({ forMs: 5000 });
    await pair.expect.role(pair.active, "active", { withinMs: 1000 });
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
