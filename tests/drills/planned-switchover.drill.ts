import { drill } from "./harness/drill.ts";

export const story = drill(
  "planned-switchover",
  "the operator hands the active role to the other node; nobody on the phone notices",
  async (pair) => {
    await pair.ready();
    const { active, standby } = pair;

    // A node that was told to stand by a moment ago is not offered the role, but may be told to take it.
    if (await pair.isStandbyEligible()) await pair.faults.must(active, ["ngcp-make-standby"]);
    else await pair.faults.must(standby, ["ngcp-make-active"]);
    await pair.expect.active(standby, { withinMs: 1000 });
    await pair.expect.role(active, "standby", { withinMs: 30_000 });
    await pair.expect.callGoesOn({ withinMs: 5000 });
    await pair.expect.callKept();
    pair.expect.neverBothHeld();
  },
);
