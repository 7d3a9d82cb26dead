import { cp, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { bundlePrograms, type Program } from "./bundle.ts";
import { writeManual } from "./manual.ts";
import { copyNatives } from "./natives.ts";
import { noticesOf } from "./notices.ts";

/** Where Debian's own package of the same name puts the program; everything else is for administrators. */
const FOLDER_OF: Readonly<Record<string, string>> = { monit: "usr/bin" };

/** What `render` needs on a node, and where a checkout keeps it. */
const SHARED = [
  ["appliance/templates", "templates"],
  ["appliance/defaults", "defaults"],
  ["appliance/database/schema", "schema"],
  ["appliance/database/migrations", "migrations"],
  ["appliance/database/grants", "grants"],
] as const;

/** Programs that systemd starts and nobody else. */
const SERVICES: Readonly<Record<string, string>> = {
  "ngcp-ha": "ha/main.ts",
  "ngcp-clone": "ha/clone/main.ts",
  "ngcp-mediator": "components/mediator/main.ts",
  "ngcp-sems": "components/sbc/main.ts",
  "ngcp-sbc-apps": "components/sbc/apps/main.ts",
};

const programsIn = async (root: string): Promise<readonly Program[]> => {
  const tools = (await readdir(join(root, "ops/bin")))
    .filter((file) => file.endsWith(".ts"))
    .sort();
  return [
    ...Object.entries(SERVICES).map(([name, file]) => ({ name, entry: join(root, file) })),
    ...tools.map((file) => ({ name: basename(file, ".ts"), entry: join(root, "ops/bin", file) })),
  ];
};

/** Shell scripts that units and the installation call, where Node is too slow or not to be relied on. */
const UNIT_SCRIPTS = [
  "appliance/database/mysql-migrate",
  "appliance/database/mysql-empty",
  "appliance/database/mysql-prepare",
  "appliance/database/mysql-cut-check",
  "appliance/database/mysql-quarantine",
  "appliance/database/redis-mend",
  "ops/bin/make-certificate",
  "ops/bin/may-run",
  "ops/bin/yielding",
] as const;

const toolScriptsIn = async (root: string): Promise<readonly string[]> =>
  (await readdir(join(root, "ops/bin"))).filter((file) => /^ngcp-[a-z-]+$/.test(file)).sort();

/**
 * Lays out below `stage` what the package installs, but for what debhelper takes from debian/.
 *
 * @param root the checkout
 * @param stage an absent or old directory; it is made anew
 * @param manual where the man pages go
 */
export const assemble = async (root: string, stage: string, manual: string): Promise<void> => {
  await rm(stage, { recursive: true, force: true });
  const library = join(stage, "usr/lib/ngcp");
  await mkdir(library, { recursive: true });

  const programs = await programsIn(root);
  const bundled = await bundlePrograms(root, programs, library);
  await refuseAddons(root, bundled);
  const copied = await copyNatives(root, library);
  await linkTools(programs, stage);
  for (const script of await toolScriptsIn(root)) {
    await cp(join(root, "ops/bin", script), join(stage, "usr/sbin", script));
  }
  for (const script of UNIT_SCRIPTS) {
    await cp(join(root, script), join(library, basename(script)));
  }
  for (const [source, target] of SHARED) {
    await cp(join(root, source), join(stage, "usr/share/ngcp", target), { recursive: true });
  }
  const documents = join(stage, "usr/share/doc/ngcp-tandem");
  await mkdir(documents, { recursive: true });
  await writeFile(join(documents, "npm-licences.txt"), await noticesOf([...bundled, ...copied]));
  await writeManual(manual);
};

/** An addon finds its compiled code beside its own files; in a bundle it would find none, on the node. */
const refuseAddons = async (root: string, packages: readonly string[]): Promise<void> => {
  for (const folder of packages) {
    const files = await readdir(join(root, folder), { recursive: true });
    const addon = files.find((file) => file.endsWith(".node"));
    if (addon !== undefined) {
      throw new Error(`${folder} loads ${addon}: it belongs to the native packages of bundle.ts`);
    }
  }
};

const linkTools = async (programs: readonly Program[], stage: string): Promise<void> => {
  for (const { name } of programs.filter((program) => !Object.hasOwn(SERVICES, program.name))) {
    const folder = join(stage, FOLDER_OF[name] ?? "usr/sbin");
    await mkdir(folder, { recursive: true });
    await symlink(`../lib/ngcp/${name}.cjs`, join(folder, name));
  }
};
