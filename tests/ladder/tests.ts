import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { countTap } from "./rung.ts";
import type { Rung } from "./rung.ts";

export const DIST = path.resolve("dist/tests");
const AVA = "node_modules/ava/entrypoints/cli.mjs";
const ENDING = ".test.js";

/** The compiled tests below a folder of dist/tests. */
export const testsIn = (folder: string): readonly string[] => {
  const full = path.join(DIST, folder);
  if (!existsSync(full)) return [];
  return readdirSync(full, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ENDING))
    .map((name) => path.join("dist/tests", folder, name))
    .sort();
};

/** What a file of tests is called below `folder`: sip/calls. */
export const nameIn = (folder: string, file: string): string =>
  path.relative(path.join("dist/tests", folder), file).slice(0, -ENDING.length);

interface Way {
  readonly node?: string;
  /** One test at a time; two files at a time where absent. */
  readonly serial?: boolean;
  /** What it is started by. */
  readonly within?: readonly string[];
}

/** A rung of files that one ava runs; none where there are no files. */
export const ava = (
  name: string,
  files: readonly string[],
  { node = process.execPath, serial = false, within = [] }: Way = {},
): readonly Rung[] => {
  if (files.length === 0) return [];
  const options = [
    "--tap",
    "--timeout",
    "180s",
    ...(serial ? ["--serial"] : ["--concurrency", "2"]),
  ];
  return [{ name, command: [...within, node, AVA, ...options, ...files], count: countTap }];
};
