import { drill } from "./harness/drill.ts";

export const story = drill(
  "crosslink-cut",
  "the crosslink is cut and repaired; the nodes still hear each other on the LAN, so nothing moves",
  async (pair) => {
    await pair.ready();
    const { active, standby } = pair;

    await pair.faults.unplug({ node: active, link: "crosslink" });
    await pair.expect.noTakeover({ forMs: 5000 });

    await pair.faults.plug({ node: active, link: "crosslink" });
    await pair.expect.noTakeover({ forMs: 3000 });
    await pair.expect.role(standby, "standby", { withinMs: 1000 });
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
