import { join } from "node:path";
import type { Site } from "../appliance/ngcpcfg/site.ts";
import type { ConfigGround } from "../ops/commands/ngcpcfg/ground.ts";

/** A machine for ngcpcfg below a folder of the test's own: nobody edits, no engine is asked, the kernel stays as it is. */
export const groundOfTest = (
  site: Omit<Site, "node">,
  different: Partial<ConfigGround> = {},
): ConfigGround => ({
  site,
  stateDirectory: join(site.root, "var/lib/ngcpcfg"),
  runtimeDirectory: join(site.root, "run/ngcpcfg"),
  isRoot: true,
  machine: () => Promise.resolve({ devices: ["lo", "eth0", "eth1"], addressesOf: () => [] }),
  openEditor: () => Promise.resolve(),
  askEngines: () => Promise.resolve([]),
  openSyslog: () => ({ write: () => undefined, end: () => Promise.resolve() }),
  reload: () => Promise.resolve(),
  loadKernelSettings: () => Promise.resolve(),
  ...different,
});
