import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CommandFailedError, run } from "../../appliance/system/command.ts";
import { VERSION } from "../../appliance/version.ts";

const BUILD_WITHIN_MS = 600_000;

/** Programs that the build calls, and the Debian packages that have them. */
const NEEDS = [
  ["dh", "debhelper"],
  ["dpkg-shlibdeps", "dpkg-dev"],
  ["fakeroot", "fakeroot"],
  ["lintian", "lintian"],
] as const;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const missingPackages = async (): Promise<readonly string[]> => {
  const found = await Promise.all(
    NEEDS.map(async ([program, debianPackage]) => {
      const { status } = await run("sh", ["-c", `command -v ${program}`], {
        timeoutMs: 5_000,
        accept: [127, 1],
      });
      return status === 0 ? [] : [debianPackage];
    }),
  );
  return found.flat();
};

/** A package of another version left behind would be taken for this one. */
const removeOldPackages = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const files = (await readdir(folder)).filter((file) => /^ngcp-tandem_.*\.deb$/.test(file));
  await Promise.all(files.map((file) => rm(join(folder, file))));
};

/** Builds build/ngcp-tandem_VERSION_amd64.deb in the checkout `root` and lets lintian look at it. */
const buildPackage = async (root: string): Promise<string> => {
  const missing = await missingPackages();
  if (missing.length > 0) {
    throw new Error(`to build the package Debian's ${missing.join(", ")} must be installed`);
  }
  await removeOldPackages(join(root, "build"));
  const options = { cwd: root, timeoutMs: BUILD_WITHIN_MS };
  await run("fakeroot", ["debian/rules", "clean"], options);
  await run("fakeroot", ["debian/rules", "binary"], options);
  const deb = join(root, `build/ngcp-tandem_${VERSION}_amd64.deb`);
  const { stdout } = await run("lintian", ["--allow-root", "--fail-on", "error", deb], options);
  if (stdout !== "") say(stdout);
  return deb;
};

try {
  say(await buildPackage(process.cwd()));
} catch (error) {
  if (error instanceof CommandFailedError) say(error.message);
  else say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
