/**
 * Asterisk of Debian sid in a root directory of its own, for the bench that compares the B2BUA with it: Debian 13 has no
 * Asterisk. Prints the directory; made once, kept in the cache.
 */
import { createHash } from "node:crypto";
import path from "node:path";
import { archiveAddress, installHostPackages } from "./debian.mjs";
import { CONTAINED } from "./rootfs.mjs";
import { runLogged, SetupError } from "./shell.mjs";
import { cachedDirectory } from "./step.mjs";

const SUITE = "sid";
const PACKAGES = ["asterisk", "asterisk-config", "asterisk-modules"];

const asteriskSystem = async () => {
  await installHostPackages();
  const key = createHash("sha256")
    .update([SUITE, ...PACKAGES].join(" "))
    .digest("hex");
  const made = await cachedDirectory(`asterisk-${key.slice(0, 16)}`, async (partial) => {
    const include = `--include=${PACKAGES.join(",")}`;
    // A mirror may hold sid as it was weeks ago; who signed it is checked all the same.
    const stale = '--aptopt=Acquire::Check-Valid-Until "false"';
    const make = ["mmdebstrap", "--mode=root", "--variant=minbase", stale, include, SUITE];
    const tree = path.join(partial, "root");
    await runLogged("asterisk", [...CONTAINED, ...make, tree, await archiveAddress()]);
  });
  return path.join(made.directory, "root");
};

try {
  process.stdout.write(`${await asteriskSystem()}\n`);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
