import { drill } from "./harness/drill.ts";

export const story = drill(
  "duplicate-address",
  "a stranger on the LAN takes the shared address; the active node keeps it, announces it again and raises an alarm",
  async (pair) => {
    await pair.ready();

    await pair.faults.plugInStranger();
    await pair.expect.status(pair.active, {
      shows: "an alarm",
      holds: ({ alarms }) => alarms.length > 0,
      withinMs: 15_000,
    });
    await pair.faults.removeStranger();
    await pair.expect.active(pair.active, { withinMs: 10_000 });
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
