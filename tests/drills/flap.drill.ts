import { setTimeout as pause } from "node:timers/promises";
import { drill } from "./harness/drill.ts";

const TIMES = 20;
const HALF_PERIOD_MS = 250;

export const story = drill(
  "flap",
  "a bad plug: the crosslink goes down and up twenty times; nothing moves",
  async (pair) => {
    await pair.ready();
    const crosslink = { node: pair.active, link: "crosslink" } as const;

    for (let time = 0; time < TIMES; time += 1) {
      await pair.faults.unplug(crosslink);
      await pause(HALF_PERIOD_MS);
      await pair.faults.plug(crosslink);
      await pause(HALF_PERIOD_MS);
    }
    await pair.expect.noTakeover({ forMs: 3000 });
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
