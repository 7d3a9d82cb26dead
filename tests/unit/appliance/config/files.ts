import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { load, type Loaded } from "../../../../appliance/config/load.ts";
import { ConfigInvalidError } from "../../../../appliance/config/problem.ts";
import { checkout } from "../../../golden/golden.ts";

type Files = Readonly<Record<string, string>>;

export const shipped = (file: string): Promise<string> =>
  readFile(join(checkout, "appliance/defaults", file), "utf8");

/** network.yml as shipped, with one text in place of another; `all` of them or the first. */
export const network = async (
  ...changes: readonly (readonly [string, string])[]
): Promise<Files> => ({
  "network.yml": changes.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`network.yml holds no ${from}`);
      return text.replace(from, to);
    },
    await shipped("network.yml"),
  ),
});

export const loadFiles = async (files: Files, node: "sp1" | "sp2" = "sp1"): Promise<Loaded> => {
  const directory = await mkdtemp(join(tmpdir(), "tandem-load-"));
  const defaults = { "config.yml": "", "network.yml": await shipped("network.yml") };
  try {
    for (const [file, text] of Object.entries({ ...defaults, ...files })) {
      await writeFile(join(directory, file), text, "latin1");
    }
    return await load(directory, node, "myhost");
  } finally {
    await rm(directory, { recursive: true });
  }
};

export const problemsOf = async (files: Files): Promise<readonly string[]> => {
  try {
    await loadFiles(files);
    return [];
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.message.split("\n");
    throw error;
  }
};

export const says = async (
  t: ExecutionContext,
  files: Files,
  ...lines: string[]
): Promise<void> => {
  t.deepEqual(await problemsOf(files), lines);
};
