import { drill } from "./harness/drill.ts";

export const story = drill(
  "lone-active-loses-ping-node",
  "the standby is off and the ping nodes go silent; the last node keeps the role and raises an alarm",
  async (pair) => {
    await pair.settled();
    await pair.faults.cutPower(pair.standby);
    await pair.expect.status(pair.active, {
      shows: "a silent peer",
      holds: ({ peer }) => !peer.heard,
      withinMs: 10_000,
    });
    await pair.callUp();
    await pair.quiet();

    await pair.faults.silencePingNodes();
    await pair.expect.noTakeover({ forMs: 5000 });
    await pair.expect.status(pair.active, {
      shows: "an alarm",
      holds: ({ alarms }) => alarms.length > 0,
      withinMs: 1000,
    });
    pair.expect.noOutage();
    await pair.expect.callKept();
  },
);
