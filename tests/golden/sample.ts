import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Site } from "../../appliance/ngcpcfg/site.ts";
import { checkout } from "./golden.ts";

/** Pairs beside the one that is shipped: one without IPv4, and one with every key. */
export const OTHER_PAIRS = ["ipv6", "full"] as const;
export type OtherPair = (typeof OTHER_PAIRS)[number];

/** The configuration as it is shipped, or that of another pair, with the secrets of a sample, in a folder of its own. */
export const withSamplePair = async (
  use: (site: Omit<Site, "node">) => Promise<void>,
  other?: OtherPair,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), "tandem-config-"));
  const configDirectory = join(directory, "etc/ngcp-config");
  try {
    await cp(join(checkout, "appliance/defaults"), configDirectory, { recursive: true });
    await cp(join(checkout, "tests/golden/sample"), configDirectory, { recursive: true });
    if (other !== undefined)
      await cp(join(checkout, "tests/golden/pairs", other), configDirectory, { recursive: true });
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
