import { createHash } from "node:crypto";
import path from "node:path";
import { archiveAddress, installHostPackages } from "./debian.mjs";
import { CONTAINED } from "./rootfs.mjs";
import { runLogged, SetupError } from "./shell.mjs";
import { cachedDirectory } from "./step.mjs";

/**
 * Programs that a bench compares with, in a root directory of their own: prints it. Made once, kept in the cache.
 *
 * @param {{name: string, suite: string, packages: readonly string[], options?: readonly string[]}} system
 */
export const printSeparateSystem = async ({ name, suite, packages, options = [] }) => {
  const key = createHash("sha256")
    .update([suite, ...packages].join(" "))
    .digest("hex");
  try {
    await installHostPackages();
    const made = await cachedDirectory(`${name}-${key.slice(0, 16)}`, async (partial) => {
      const include = `--include=${packages.join(",")}`;
      const make = ["mmdebstrap", "--mode=root", "--variant=minbase", ...options, include, suite];
      const tree = path.join(partial, "root");
      await runLogged(name, [...CONTAINED, ...make, tree, await archiveAddress()]);
    });
    process.stdout.write(`${path.join(made.directory, "root")}\n`);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
};
