import { drill } from "./harness/drill.ts";

export const story = drill(
  "make-active-on-both",
  "two operators say ngcp-make-active on both nodes at once; exactly one node is active",
  async (pair) => {
    await pair.ready();

    await Promise.all([
      pair.faults.exec("sp1", ["ngcp-make-active"]),
      pair.faults.exec("sp2", ["ngcp-make-active"]),
    ]);
    await pair.settled();
    await pair.expect.callKept();
    pair.expect.neverBothHeld();
  },
);
