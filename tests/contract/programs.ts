import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundlePrograms } from "../../ops/package/bundle.ts";
import { checkout } from "../golden/golden.ts";

/**
 * ngcp-pair on a node that is a folder (pair-node.ts), in one file as the package has its programs: it starts in half the
 * time, and a test starts it a hundred times. Packages that are no part of it are found from below the checkout.
 *
 * @returns the file to start; it is gone with this process
 */
export const bundledPairNode = async (): Promise<string> => {
  const builds = join(checkout, "build");
  mkdirSync(builds, { recursive: true });
  const folder = mkdtempSync(join(builds, "pair-node-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const entry = join(checkout, "tests/pair-node.ts");
  await bundlePrograms(checkout, [{ name: "pair-node", entry }], folder);
  return join(folder, "pair-node.cjs");
};
