import { drill } from "./harness/drill.ts";

export const story = drill(
  "clean-reboot",
  "the active node is rebooted by its operator; it hands over first, and comes back as standby",
  async (pair) => {
    await pair.ready();
    const { active, standby } = pair;

    await pair.faults.reboot(active);
    await pair.expect.active(standby, { withinMs: 1000 });
    await pair.expect.callGoesOn({ withinMs: 5000 });
    await pair.expect.callKept();
    await pair.expect.role(active, "standby", { withinMs: 60_000 });
    pair.expect.neverBothHeld();
  },
);
