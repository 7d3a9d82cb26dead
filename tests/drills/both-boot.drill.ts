import { drill } from "./harness/drill.ts";

export const story = drill(
  "both-boot",
  "the power of the whole rack comes back; exactly one node becomes active, and the phones that it knew are reached",
  async (pair) => {
    await pair.settled();
    await pair.phonesUp();
    await pair.quiet();

    await pair.faults.cutPower("sp1", "sp2");
    await pair.faults.powerOn("sp1", "sp2");
    await pair.expect.somebodyActive({ withinMs: 60_000 });
    await pair.settled();
    await pair.expect.phonesReached();
    pair.expect.neverBothHeld();
  },
);
