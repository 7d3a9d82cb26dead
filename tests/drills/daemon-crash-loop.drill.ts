import { drill } from "./harness/drill.ts";

const CRASHES = 6;

export const story = drill(
  "daemon-crash-loop",
  "the active node's daemon dies again and again; the node lets the address go, and the other one takes over",
  async (pair) => {
    await pair.ready();
    const { active, standby } = pair;

    for (let crash = 0; crash < CRASHES; crash += 1) {
      const pid = await pair.units.mainPid(active, "ngcp-ha.service");
      if (pid === 0) break;
      await pair.faults.signalUnit(active, "ngcp-ha.service", "KILL");
      await pair.units.replaced(active, "ngcp-ha.service", pid, { withinMs: 3000 });
    }
    await pair.expect.active(standby, { withinMs: 10_000 });
    pair.expect.neverBothHeld();

    await pair.faults.must(active, ["systemctl", "reset-failed", "ngcp-ha.service"]);
    await pair.faults.must(active, ["systemctl", "start", "ngcp-ha.service"]);
    await pair.expect.role(active, "standby", { withinMs: 30_000 });
    await pair.expect.callKept();
  },
);
