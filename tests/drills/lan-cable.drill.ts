import { drill } from "./harness/drill.ts";

export const story = drill(
  "lan-cable",
  "somebody pulls the LAN cable of the active node; it says so over the crosslink, and the other one takes over",
  async (pair) => {
    await pair.ready();
    const { active, standby } = pair;

    await pair.faults.unplug({ node: active, link: "lan" });
    await pair.expect.active(standby, { withinMs: 5000 });
    await pair.expect.callGoesOn({ withinMs: 5000 });
    await pair.expect.callKept();

    await pair.faults.plug({ node: active, link: "lan" });
    await pair.expect.role(active, "standby", { withinMs: 30_000 });
    pair.expect.neverBothHeld();
  },
);
