import { drill } from "./harness/drill.ts";

export const story = drill(
  "power-cut",
  "the power of the active node is cut; the call goes on over the other one, and the dead node comes back as standby",
  async (pair) => {
    await pair.ready();
    const { active, standby } = pair;

    await pair.faults.cutPower(active);
    await pair.expect.active(standby, { withinMs: 5000 });
    await pair.expect.callGoesOn({ withinMs: 5000 });
    await pair.expect.callKept();

    await pair.faults.powerOn(active);
    await pair.expect.role(active, "standby", { withinMs: 60_000 });
    pair.expect.neverBothHeld();
  },
);
