import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Exchange } from "../../../appliance/ngcpcfg/exchange.ts";
import { readConstants } from "../../../appliance/pair/secrets.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";

export const exchangeOf = (desk: Desk, { site }: ConfigGround): Exchange =>
  new Exchange(site.configDirectory, desk.node);

interface Wanted {
  readonly commit: string;
  /** The secrets to read it with; those of this node where there are no others. */
  readonly constants?: string | undefined;
}

/**
 * Works with the configuration as it was committed, in a folder of its own for root alone: what lies in /etc/ngcp-config
 * has no part in it.
 */
export const withCommit = async <Result>(
  desk: Desk,
  ground: ConfigGround,
  { commit, constants }: Wanted,
  use: (ground: ConfigGround) => Promise<Result>,
): Promise<Result> => {
  const folder = join(ground.runtimeDirectory, `tree.${process.pid}`);
  await rm(folder, { recursive: true, force: true });
  try {
    await exchangeOf(desk, ground).exportTo(commit, folder);
    const secrets = constants ?? (await readConstants(ground.site.configDirectory));
    await writeFile(join(folder, "constants.yml"), secrets, { mode: 0o600 });
    return await use({ ...ground, site: { ...ground.site, configDirectory: folder } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
