import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The Debian 13 tree without our package: TANDEM_ROOTFS, what the lab hands on, or the newest that it has made. */
export const rootFileSystem = (): string => {
  const given = process.env["TANDEM_ROOTFS"] ?? process.env["TANDEM_LAYERS"]?.split(":").at(-1);
  if (given !== undefined) return given;
  const cache = process.env["TANDEM_CACHE"] ?? "/var/cache/tandem";
  const [newest] = readdirSync(cache)
    .filter((name) => /^base-[0-9a-f]+$/.test(name))
    .map((name) => join(cache, name, "root"))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  if (newest === undefined)
    throw new Error(`${cache} holds no base-* of the lab: npm run lab -- up`);
  return newest;
};

/** That tree with a layer of the test's own over it. */
export interface DebianTree {
  readonly root: string;
  readonly remove: () => void;
}

export const debianTree = (): DebianTree => {
  const directory = mkdtempSync(join(tmpdir(), "tandem-tree-"));
  const root = join(directory, "root");
  for (const name of ["root", "upper", "work"]) mkdirSync(join(directory, name));
  const layers = `lowerdir=${rootFileSystem()},upperdir=${directory}/upper,workdir=${directory}/work`;
  execFileSync("mount", ["-t", "overlay", "overlay", "-o", layers, root]);
  // Programs ask there what the kernel can do.
  execFileSync("mount", ["--bind", "/proc", join(root, "proc")]);
  return {
    root,
    remove: () => {
      execFileSync("umount", [join(root, "proc")]);
      execFileSync("umount", [root]);
      rmSync(directory, { recursive: true });
    },
  };
};

const DATABASE = "appliance/database";

/** Puts what the package ships of the database, programs and tables, to where it lies in `root`. */
export const installDatabaseFiles = (root: string): void => {
  for (const script of readdirSync(DATABASE).filter((name) => name.startsWith("mysql-")))
    cpSync(join(DATABASE, script), join(root, "usr/lib/ngcp", script));
  for (const folder of ["schema", "migrations", "grants"])
    cpSync(join(DATABASE, folder), join(root, "usr/share/ngcp", folder), { recursive: true });
};
