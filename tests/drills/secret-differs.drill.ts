import { drill } from "./harness/drill.ts";

export const story = drill(
  "secret-differs",
  "the standby has the secrets of another pair; both are alive for each other but not understood, and nothing moves",
  async (pair) => {
    await pair.ready();

    await pair.faults.giveOtherSecrets(pair.standby);
    await pair.expect.noTakeover({ forMs: 10_000 });
    await pair.expect.status(pair.active, {
      shows: "an alarm",
      holds: ({ alarms }) => alarms.length > 0,
      withinMs: 1000,
    });
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
