import { setTimeout as pause } from "node:timers/promises";
import { drill } from "./harness/drill.ts";

const SWITCH_BOOT_MS = 30_000;

export const story = drill(
  "switch-reboot",
  "the LAN's switch reboots and both nodes lose their carrier for 30 s; the active one stays active",
  async (pair) => {
    await pair.ready();
    const { active } = pair;
    const cables = [active, pair.standby].map((node) => ({ node, link: "lan" as const }));

    await pair.faults.unplug(...cables);
    await pause(SWITCH_BOOT_MS);
    await pair.faults.plug(...cables);

    await pair.expect.active(active, { withinMs: 5000 });
    await pair.expect.noTakeover({ forMs: 3000 });
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
