import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { CHECKOUT, CHECKOUT_KEY } from "./paths.mjs";
import { runLogged, SetupError } from "./shell.mjs";
import { hashOfFiles, sourceFiles } from "./sources.mjs";
import { cachedDirectory, locked } from "./step.mjs";

/** What the package is made from. The lab itself and the tests are no part of it. */
const ROOTS = [
  "appliance",
  "components",
  "debian",
  "ha",
  "ops",
  "package-lock.json",
  "package.json",
];

/**
 * Builds the project's .deb, or takes the one that was built from the same sources.
 *
 * @returns {Promise<{file: string, cached: boolean}>}
 */
export const buildPackage = async () => {
  const sources = sourceFiles(ROOTS).filter((file) => !file.startsWith("ops/lab/"));
  const key = `deb-${hashOfFiles(sources)}`;
  const { directory, cached } = await cachedDirectory(key, async (partial) => {
    await locked(`build-${CHECKOUT_KEY}`, async () => {
      await runLogged("deb", ["npm", "run", "deb"], { cwd: CHECKOUT });
      copyFileSync(builtPackage(), path.join(partial, path.basename(builtPackage())));
    });
  });
  const file = readdirSync(directory).find((name) => name.endsWith(".deb"));
  if (file === undefined) throw new SetupError(`${directory} holds no package: remove it.`);
  mkdirSync(path.join(CHECKOUT, "build"), { recursive: true });
  const atHome = path.join(CHECKOUT, "build", file);
  if (!existsSync(atHome)) copyFileSync(path.join(directory, file), atHome);
  return { file: path.join(directory, file), cached };
};

const builtPackage = () => {
  const folder = path.join(CHECKOUT, "build");
  const name = readdirSync(folder).find((entry) => /^ngcp-tandem_.*_amd64\.deb$/.test(entry));
  if (name === undefined)
    throw new SetupError(`npm run deb left no ngcp-tandem_*_amd64.deb in ${folder}`);
  return path.join(folder, name);
};
