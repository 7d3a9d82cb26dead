import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { isErrno } from "../system/errno.ts";
import { replaceFile } from "./install.ts";

/** The templates as the package brought them last: a file that is still like that was not edited. */
const MANIFEST = ".shipped.json";
const MODE = 0o644;

type Manifest = Readonly<Record<string, string>>;

/** What an upgrade did to the templates of a node. */
export interface ShippedUpdate {
  /** New, changed or taken away with the package. */
  readonly updated: readonly string[];
  /** Edited or removed here, and different in the package: they stay as they are. */
  readonly kept: readonly string[];
}

const hashOf = (content: string): string => createHash("sha256").update(content).digest("hex");

const contentAt = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
};

const filesBelow = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();

/** A damaged one counts as none: then everything that differs from the package counts as edited, and is kept. */
const manifestIn = async (directory: string): Promise<Manifest> => {
  try {
    return JSON.parse((await contentAt(join(directory, MANIFEST))) ?? "{}") as Manifest;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
};

/** What becomes of one file: `same` as the package's, to be `updated`, or `kept` because somebody edited it. */
const judge = (
  present: string | undefined,
  shipped: string,
  before: string | undefined,
): "same" | "updated" | "kept" => {
  if (present === shipped) return "same";
  if (present === undefined) return before === undefined ? "updated" : "kept";
  return hashOf(present) === before ? "updated" : "kept";
};

/**
 * Brings the templates of the package to where operators see and change them. One that was edited, or removed, there
 * stays as it is.
 *
 * @param source /usr/share/ngcp/templates
 * @param target /etc/ngcp-config/templates
 */
export const updateShipped = async (source: string, target: string): Promise<ShippedUpdate> => {
  await mkdir(target, { recursive: true });
  const before = await manifestIn(target);
  const manifest: Record<string, string> = {};
  const updated: string[] = [];
  const kept: string[] = [];
  for (const name of await filesBelow(source)) {
    const shipped = await readFile(join(source, name), "utf8");
    const verdict = judge(await contentAt(join(target, name)), shipped, before[name]);
    manifest[name] = hashOf(shipped);
    if (verdict === "kept") kept.push(name);
    if (verdict !== "updated") continue;
    await mkdir(dirname(join(target, name)), { recursive: true });
    await replaceFile({ path: `/${name}`, content: shipped, mode: MODE }, target);
    updated.push(name);
  }
  for (const [name, hash] of Object.entries(before)) {
    if (name in manifest) continue;
    const present = await contentAt(join(target, name));
    if (present === undefined) continue;
    if (hashOf(present) === hash) {
      await rm(join(target, name));
      updated.push(name);
    } else {
      manifest[name] = hash;
      kept.push(name);
    }
  }
  const content = `${JSON.stringify(manifest, undefined, 2)}\n`;
  await replaceFile({ path: `/${MANIFEST}`, content, mode: MODE }, target);
  return { updated, kept };
};

/** Where the templates of a node are: its own, or on a node without a history those of the package. */
export const templatesOf = async (
  configDirectory: string,
  shareDirectory: string,
): Promise<string> => {
  const own = join(configDirectory, "templates");
  try {
    if ((await stat(own)).isDirectory()) return own;
  } catch (error) {
    if (!(isErrno(error) && error.code === "ENOENT")) throw error;
  }
  return join(shareDirectory, "templates");
};
