import { drill } from "./harness/drill.ts";

export const story = drill(
  "daemon-kill",
  "the active node's daemon is killed; its successor adopts the role, and the services never notice",
  async (pair) => {
    await pair.ready();

    await pair.faults.signalUnit(pair.active, "ngcp-ha.service", "KILL");
    await pair.expect.noTakeover({ forMs: 5000 });
    await pair.expect.role(pair.active, "active", { withinMs: 1000 });
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
