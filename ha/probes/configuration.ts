import { readFile } from "node:fs/promises";
import { hashOfFile, readInForce } from "../../appliance/ngcpcfg/in-force.ts";

/** What ngcpcfg put into force here, as far as the daemon cares. */
export interface ConfigurationFact {
  /** The beginning of the content id of the configuration; absent before ngcpcfg has noted any. */
  readonly id: string | undefined;
  /** Files that are not what the configuration made of them. */
  readonly drifted: readonly string[];
}

/** Enough of an id to tell two configurations apart, and little in a heartbeat. */
const ID_CHARACTERS = 12;

const isAsNoted = async (path: string, hash: string): Promise<boolean> => {
  try {
    return hashOfFile(await readFile(path)) === hash;
  } catch {
    return false;
  }
};

/**
 * Looks at what ngcpcfg has noted and at the files it has installed: some dozen small ones. Nothing is rendered here.
 *
 * @param stateDirectory usually /var/lib/ngcpcfg
 */
export const probeConfiguration = async (stateDirectory: string): Promise<ConfigurationFact> => {
  const inForce = await readInForce(stateDirectory);
  const drifted: string[] = [];
  for (const [path, hash] of Object.entries(inForce?.files ?? {}))
    if (!(await isAsNoted(path, hash))) drifted.push(path);
  return { id: inForce?.tree?.slice(0, ID_CHARACTERS), drifted };
};
