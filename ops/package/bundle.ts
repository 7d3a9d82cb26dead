import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";

/** Loaded from disk at run time, because they load compiled code themselves. */
export const NATIVE_PACKAGES = ["netlink", "po6"] as const;

export interface Program {
  /** The name without `.cjs`. */
  readonly name: string;
  /** The source file it begins with. */
  readonly entry: string;
}

/**
 * Bundles each program into one CommonJS file: a node starts it without searching a tree of modules.
 * The files depend on the sources alone, so two builds of one commit are equal.
 *
 * @returns the packages of node_modules that ended up in the bundles
 */
export const bundlePrograms = async (
  programs: readonly Program[],
  into: string,
): Promise<readonly string[]> => {
  const { metafile } = await build({
    entryPoints: programs.map(({ name, entry }) => ({ in: entry, out: name })),
    outdir: into,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: [...NATIVE_PACKAGES],
    banner: { js: "#!/usr/bin/node" },
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    charset: "utf8",
    logLevel: "warning",
    metafile: true,
  });
  await Promise.all(programs.map(({ name }) => chmod(join(into, `${name}.cjs`), 0o755)));
  return packagesOf(metafile);
};

const packagesOf = (metafile: Metafile): readonly string[] => {
  const found = new Set<string>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const path = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
      if (path !== undefined && bytesInOutput > 0) found.add(path);
    }
  }
  return [...found].sort();
};
