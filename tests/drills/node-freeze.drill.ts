import { setTimeout as pause } from "node:timers/promises";
import { drill } from "./harness/drill.ts";

const FROZEN_MS = 5000;
const RELEASE_MAX_MS = 50;

export const story = drill(
  "node-freeze",
  "the active node stands still as a paused virtual machine; the other one takes over, and the thawed node lets go",
  async (pair) => {
    await pair.ready();
    const { active, standby } = pair;

    pair.faults.freezeNode(active);
    await pair.expect.active(standby, { withinMs: FROZEN_MS });
    await pause(FROZEN_MS);

    const thawedAt = pair.faults.thawNode(active);
    pair.countBothHeldFrom(thawedAt);
    await pair.expect.role(active, "standby", { withinMs: 10_000 });
    await pair.expect.released(active, { after: thawedAt, withinMs: RELEASE_MAX_MS });
    await pair.expect.callKept();
  },
);
