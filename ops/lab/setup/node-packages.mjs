import {
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import path from "node:path";
import { CHECKOUT, CHECKOUT_KEY } from "./paths.mjs";
import { outputOf, runLogged } from "./shell.mjs";
import { CACHED, cachedDirectory, clearAway, locked } from "./step.mjs";

const MODULES = path.join(CHECKOUT, "node_modules");
/** Says which lock file the checkout's node_modules were made from. */
const MARK = path.join(MODULES, ".tandem-lock-hash");

/** Brings the npm packages of package-lock.json into the checkout, as hard links to the cache. */
export const installNodePackages = async () => {
  const key = lockHash();
  if (markedHash() === key) return CACHED;
  const { directory, cached } = await cachedDirectory(`npm-${key}`, async (partial) => {
    for (const file of ["package.json", "package-lock.json"])
      copyFileSync(path.join(CHECKOUT, file), path.join(partial, file));
    await runLogged("npm-ci", ["npm", "ci", "--no-audit", "--no-fund"], { cwd: partial });
  });
  await locked(`checkout-${CHECKOUT_KEY}`, async () => {
    if (markedHash() !== key) replaceModules(path.join(directory, "node_modules"), key);
  });
  return cached ? "from the cache" : undefined;
};

/**
 * @param {string} source
 * @param {string} key
 */
const replaceModules = (source, key) => {
  const partial = `${MODULES}.partial`;
  clearAway(partial);
  copyTree(source, partial);
  // npm puts this folder first on the path of its scripts: they would run on the Node.js that is only there to be tested on.
  rmSync(path.join(partial, ".bin/node"), { force: true });
  writeFileSync(path.join(partial, path.basename(MARK)), `${key}\n`);
  rmSync(MODULES, { recursive: true, force: true });
  renameSync(partial, MODULES);
};

/**
 * Hard links where both are on one file system, else a copy.
 *
 * @param {string} source
 * @param {string} target
 */
const copyTree = (source, target) => {
  try {
    outputOf(["cp", "-al", source, target]);
  } catch {
    clearAway(target);
    cpSync(source, target, { recursive: true, verbatimSymlinks: true });
  }
};

const markedHash = () => (existsSync(MARK) ? readFileSync(MARK, "utf8").trim() : undefined);

const lockHash = () =>
  hashOf([
    readFileSync(path.join(CHECKOUT, "package-lock.json"), "utf8"),
    readFileSync(path.join(CHECKOUT, "package.json"), "utf8").match(/"allowScripts"[^}]*}/)?.[0] ??
      "",
    process.versions.modules,
  ]);

/** @param {readonly string[]} parts */
const hashOf = (parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
};
