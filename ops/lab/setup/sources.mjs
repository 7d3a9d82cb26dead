import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { CHECKOUT } from "./paths.mjs";

/** Made by tools, so no source of anything. The last ones are what debhelper leaves beside debian's files. */
const NOT_SOURCES =
  /^(node_modules|dist|build|\.git|\.debhelper|debhelper-build-stamp|files|ngcp-tandem)$|\.(substvars|log)$/;

/**
 * Every file of the named files and folders of the checkout, relative to it, in a fixed order.
 *
 * @param {readonly string[]} roots
 * @returns {string[]}
 */
export const sourceFiles = (roots) => roots.flatMap((root) => filesUnder(root)).sort();

/**
 * @param {string} name
 * @returns {string[]}
 */
const filesUnder = (name) => {
  const full = path.join(CHECKOUT, name);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [name];
  return readdirSync(full)
    .filter((entry) => !NOT_SOURCES.test(entry))
    .flatMap((entry) => filesUnder(path.join(name, entry)));
};

/**
 * One hash of the names, modes and contents of files.
 *
 * @param {readonly string[]} files
 */
export const hashOfFiles = (files) => {
  const hash = createHash("sha256");
  for (const file of files) {
    const full = path.join(CHECKOUT, file);
    hash
      .update(`${file}\0${statSync(full).mode & 0o111}\0`)
      .update(readFileSync(full))
      .update("\0");
  }
  return hash.digest("hex").slice(0, 16);
};

/** Compiled files whose source is gone would still be run as tests: they are removed. */
export const removeOrphans = () => {
  for (const file of filesUnderDist()) {
    const source = file.replace(/^dist\//, "").replace(/\.d\.ts$|\.js(\.map)?$/, ".ts");
    if (!existsSync(path.join(CHECKOUT, source))) rmSync(path.join(CHECKOUT, file));
  }
};

const filesUnderDist = () => {
  const dist = path.join(CHECKOUT, "dist");
  if (!existsSync(dist)) return [];
  return readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(d\.ts|js|js\.map)$/.test(name))
    .map((name) => path.join("dist", name));
};
