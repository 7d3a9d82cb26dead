import { cp, mkdir, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { NATIVE_PACKAGES } from "./bundle.ts";

/** Needed to compile an addon, never to load it. */
const ONLY_FOR_BUILDING = /^(@types\/.*|node-addon-api|node-gyp|nan)$/;

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const readManifest = async (folder: string): Promise<Manifest> => {
  const json: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  if (!isRecord(json) || typeof json["name"] !== "string") {
    throw new TypeError(`${folder}/package.json names no package`);
  }
  const dependencies = isRecord(json["dependencies"]) ? json["dependencies"] : {};
  return {
    name: json["name"],
    dependencies: Object.fromEntries(
      Object.entries(dependencies).map(([name, range]) => [name, String(range)]),
    ),
  };
};

/** Where Node finds `name` when a file in `folder` asks for it. */
const resolveFolder = (name: string, folder: string): string => {
  for (let place = folder; ; place = dirname(place)) {
    const candidate = join(place, "node_modules", name);
    if (basename(place) !== "node_modules" && existsSync(join(candidate, "package.json"))) {
      return candidate;
    }
    if (dirname(place) === place)
      throw new Error(`${name}, which ${folder} needs, is not installed`);
  }
};

/** The native packages and all that they load, as folders below `root`. */
export const nativeClosure = async (root: string): Promise<readonly string[]> => {
  const found = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    if (found.has(folder)) return;
    found.add(folder);
    const { dependencies } = await readManifest(folder);
    for (const name of Object.keys(dependencies)) {
      if (!ONLY_FOR_BUILDING.test(name)) await visit(resolveFolder(name, folder));
    }
  };
  for (const name of NATIVE_PACKAGES) await visit(resolveFolder(name, root));
  return [...found].sort();
};

/** Programs of node-gyp-build for those who compile; the package is loaded through its index.js alone. */
const COMPILERS_OWN = /^(bin|build-test|optional)\.js$/;

/** What of a package is loaded at run time on amd64: its scripts, its manifest and one compiled addon. */
export const isShipped = (pathInPackage: string): boolean => {
  const parts = pathInPackage.split(sep);
  if (
    parts.some((part) =>
      /^(tests?|docs?|examples?|samples|native|src|\.github|node_modules)$/.test(part),
    )
  ) {
    return false;
  }
  if (parts[0] === "prebuilds") return parts[1] === undefined || parts[1] === "linux-x64";
  if (parts[0] === "build") return isShippedFromBuild(parts);
  const file = parts.at(-1) ?? "";
  if (parts.length === 1 && COMPILERS_OWN.test(file)) return false;
  return !file.includes(".") || /(?<!\.d)\.(c?js|mjs|json|node)$/.test(file)
    ? !/^(licen[cs]e|readme|changelog|package-lock|\.)/i.test(file)
    : false;
};

const isShippedFromBuild = (parts: readonly string[]): boolean => {
  if (parts.length === 1) return true;
  if (parts[1] !== "Release") return false;
  return parts.length === 2 || (parts.length === 3 && (parts[2] ?? "").endsWith(".node"));
};

/**
 * Copies the native packages and what they load to `into`/node_modules, without sources, types, tests
 * and the compiled code of other machines.
 */
export const copyNatives = async (root: string, into: string): Promise<readonly string[]> => {
  const folders = await nativeClosure(root);
  for (const folder of folders) {
    const target = join(into, folder.slice(root.length));
    await mkdir(dirname(target), { recursive: true });
    await cp(folder, target, {
      recursive: true,
      filter: (source) => source === folder || isShipped(source.slice(folder.length + 1)),
    });
  }
  return folders.map((folder) => folder.slice(root.length + 1));
};
