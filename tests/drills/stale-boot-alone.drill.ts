import { setTimeout as pause } from "node:timers/promises";
import { drill } from "./harness/drill.ts";

const WATCHED_MS = 15_000;

export const story = drill(
  "stale-boot-alone",
  "both nodes lose power and only the last standby boots; it waits for the peer that may hold newer rows, and the phones that both knew are reached then",
  async (pair) => {
    await pair.settled();
    await pair.phonesUp();
    await pair.quiet();
    const { active, standby } = pair;

    await pair.faults.cutPower(active, standby);
    await pair.faults.powerOn(standby);
    await pair.expect.role(standby, "starting", { withinMs: 30_000 });
    await pause(WATCHED_MS);
    await pair.expect.role(standby, "starting", { withinMs: 1000 });

    await pair.faults.powerOn(active);
    await pair.expect.active(active, { withinMs: 60_000 });
    await pair.settled();
    await pair.expect.phonesReached();
    pair.expect.neverBothHeld();
  },
);
