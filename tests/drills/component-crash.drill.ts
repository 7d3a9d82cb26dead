import { drill } from "./harness/drill.ts";

export const story = drill(
  "component-crash",
  "the SIP proxy of the active node crashes; it is restarted there, and the role stays",
  async (pair) => {
    await pair.ready();

    await pair.faults.signalUnit(pair.active, "ngcp-proxy.service", "KILL");
    await pair.expect.noTakeover({ forMs: 5000 });
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
