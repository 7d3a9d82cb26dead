import { drill } from "./harness/drill.ts";

export const story = drill(
  "package-upgrade",
  "the package is upgraded on the active node; no component is touched, and no call is cut",
  async (pair) => {
    await pair.ready();
    const components = ["ngcp-lb.service", "ngcp-proxy.service", "ngcp-rtpengine.service"];
    const before = await pair.units.mainPids(pair.active, components);

    await pair.faults.installPackage(pair.active);
    await pair.expect.noTakeover({ forMs: 5000 });
    await pair.units.untouched(pair.active, components, before);
    await pair.expect.role(pair.active, "active", { withinMs: 1000 });
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
