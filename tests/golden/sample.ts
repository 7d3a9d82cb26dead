import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Site } from "../../appliance/ngcpcfg/site.ts";
import { checkout } from "./golden.ts";

/** The configuration as it is shipped, with the secrets of a sample pair, in a folder of its own. */
export const withSamplePair = async (
  use: (site: Omit<Site, "node">) => Promise<void>,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), "tandem-config-"));
  const configDirectory = join(directory, "etc/ngcp-config");
  try {
    await cp(join(checkout, "appliance/defaults"), configDirectory, { recursive: true });
    await cp(join(checkout, "tests/golden/sample"), configDirectory, { recursive: true });
    await use({
      host: "sample",
      configDirectory,
      shareDirectory: join(checkout, "appliance"),
      root: directory,
    });
  } finally {
    await rm(directory, { recursive: true });
  }
};
