import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { load, type Loaded } from "../config/load.ts";
import type { NodeName } from "../config/network.ts";
import { ApplianceError } from "../errors.ts";
import type { Appliance } from "../model.ts";
import { build, readTemplates, type BuiltFile } from "./build.ts";
import type { TemplateError } from "./render.ts";
import { templatesOf } from "./shipped.ts";

/** Where the parts of a configuration are found, and whose it is. */
export interface Site {
  readonly node: NodeName;
  /** The machine's own name. */
  readonly host: string;
  /** Holds config.yml, network.yml and constants.yml. */
  readonly configDirectory: string;
  /** Holds `templates`. */
  readonly shareDirectory: string;
  /** What stands for `/`. */
  readonly root: string;
}

class BuildFailedError extends ApplianceError {
  override readonly name = "BuildFailedError";
  readonly code = "NGCP_BUILD_FAILED";

  constructor(problems: readonly TemplateError[]) {
    super(problems.map(({ message }) => message).join("\n"));
  }
}

class NodeUnnamedError extends ApplianceError {
  override readonly name = "NodeUnnamedError";
  readonly code = "NGCP_NODE_UNNAMED";

  constructor(name: string) {
    super(`this machine is called ${name}: write sp1 or sp2 to /etc/ngcp_nodename`);
  }
}

/** @throws {NodeUnnamedError} when it is neither sp1 nor sp2 */
export const nodeNamed = (name: string): NodeName => {
  if (name === "sp1" || name === "sp2") return name;
  throw new NodeUnnamedError(name);
};

export interface SitePlan {
  readonly loaded: Loaded;
  /** Everything that belongs on the node, the daemon's settings last. */
  readonly files: readonly BuiltFile[];
  /** Paths that wait for the secrets of the pair. */
  readonly waiting: readonly string[];
}

const SETTINGS_PATH = "/etc/ngcp-ha/settings.json";

class NothingInForceError extends ApplianceError {
  override readonly name = "NothingInForceError";
  readonly code = "NGCP_NOTHING_IN_FORCE";

  constructor(options?: ErrorOptions) {
    super("no configuration is in force on this node: ngcpcfg apply puts it into force", options);
  }
}

/**
 * What the daemon of this node works with, whatever its files say by now: where the peer is found, and what proves this
 * node to it.
 *
 * @param root what stands for `/`
 * @throws {NothingInForceError} before the first build
 */
export const applianceInForce = async (root: string): Promise<Appliance> => {
  try {
    return JSON.parse(await readFile(join(root, SETTINGS_PATH), "utf8")) as Appliance;
  } catch (cause) {
    throw new NothingInForceError({ cause });
  }
};

/** The daemon reads this alone: no YAML and no templates stand between a crash and its first heartbeat. */
const settingsFile = (appliance: Appliance): BuiltFile => ({
  path: SETTINGS_PATH,
  content: `${JSON.stringify(appliance, undefined, 2)}\n`,
  mode: 0o600,
});

/**
 * Reads, checks and renders everything in memory; nothing is written.
 *
 * @throws {ConfigInvalidError} with all that is wrong with the configuration
 * @throws {BuildFailedError} with all that is wrong with the templates
 */
export const planSite = async (site: Site): Promise<SitePlan> => {
  const loaded = await load(site.configDirectory, site.node, site.host);
  const directory = await templatesOf(site.configDirectory, site.shareDirectory);
  const templates = await readTemplates(directory, { host: site.host, node: site.node });
  const { files, waiting, problems } = build(templates, loaded.appliance);
  if (problems.length > 0) throw new BuildFailedError(problems);
  return { loaded, files: [...files, settingsFile(loaded.appliance)], waiting };
};
