import { copyFileSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { labOf } from "../../ops/lab/names.ts";
import { diskOf } from "../../ops/lab/disk.ts";
import { buildNetwork } from "../../ops/lab/network.ts";
import { booted, enter, powerOn } from "../../ops/lab/node.ts";
import { takeDown } from "../../ops/lab/pair.ts";
import { run, type Outcome } from "../../ops/lab/run.ts";
import { VERSION } from "../../appliance/version.ts";

/** One machine of the lab as an operator has it before the package comes: Debian 13, running. */
export interface Machine {
  /** Runs a line of shell on it as root, whatever its status. */
  readonly sh: (line: string) => Promise<Outcome>;
  /** Puts a file of this machine onto it. */
  readonly give: (file: string, target: string) => void;
  readonly remove: () => Promise<void>;
}

const NODE = "sp1";
const lab = labOf({ ...process.env, TANDEM_LAB: "package" });

/** The newest Debian 13 that the lab has made, without our package. */
const baseOf = (environment: NodeJS.ProcessEnv): string => {
  const named = environment["TANDEM_ROOTFS"] ?? environment["TANDEM_LAYERS"]?.split(":").at(-1);
  if (named !== undefined) return named;
  const cache = environment["TANDEM_CACHE"] ?? "/var/cache/tandem";
  const newest = readdirSync(cache)
    .filter((name) => /^base-[0-9a-f]+$/.test(name))
    .map((name) => join(cache, name, "root"))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0];
  if (newest === undefined)
    throw new Error(`${cache} holds no base-* of the lab: npm run lab -- up`);
  return newest;
};

/** The package under test, as `npm run deb` leaves it. */
export const builtPackage = (): string =>
  process.env["TANDEM_DEB"] ?? join(process.cwd(), `build/ngcp-tandem_${VERSION}_amd64.deb`);

/** Boots the machine; what an interrupted run left is taken away first. */
export const bootMachine = async (): Promise<Machine> => {
  await takeDown(lab);
  mkdirSync(lab.directory, { recursive: true });
  await buildNetwork(lab);
  await powerOn(lab, NODE, baseOf(process.env));
  await booted(lab, NODE);
  return {
    sh: (line) => enter(lab, NODE, ["sh", "-c", line]),
    give: (file, target) => copyFileSync(file, join(diskOf(lab, NODE).root, target)),
    remove: () => takeDown(lab),
  };
};

/** The same package with a higher version, for an upgrade. */
export const repacked = async (deb: string, version: string, folder: string): Promise<string> => {
  const tree = join(folder, "tree");
  const target = join(folder, `ngcp-tandem_${version}_amd64.deb`);
  await run(["dpkg-deb", "-R", deb, tree]);
  await run(["sed", "-i", `s/^Version: .*/Version: ${version}/`, join(tree, "DEBIAN/control")]);
  await run(["dpkg-deb", "--root-owner-group", "-b", tree, target]);
  return target;
};
