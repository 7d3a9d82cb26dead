import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ApplianceError } from "../../appliance/errors.ts";
import { noteRenewed } from "../../appliance/ngcpcfg/in-force.ts";
import { replaceFile } from "../../appliance/ngcpcfg/install.ts";
import { keysOf, type KeyHolder } from "../../appliance/pair/rotation.ts";
import { readSecrets, writeSecrets } from "../../appliance/pair/secrets.ts";
import type { Appliance, PairSecrets } from "../../appliance/model.ts";
import type { Desk } from "../tool.ts";
import type { ConfigGround } from "./ngcpcfg/ground.ts";
import { alone } from "./ngcpcfg/lock.ts";
import { textOf } from "./ngcpcfg/rewrite.ts";
import { noteRestarted } from "./ngcpcfg/services.ts";

const DAEMON = { name: "ngcp-ha", unit: "ngcp-ha.service" } as const;
/** An apply that waits for a service is waited for. */
const TURN_WITHIN_MS = 30_000;
const HEARD_WITHIN_MS = 20_000;
const ASK_EVERY_MS = 100;

export class KeysNotInForceError extends ApplianceError {
  override readonly name = "KeysNotInForceError";
  readonly code = "NGCP_PAIR_KEYS_NOT_IN_FORCE";

  constructor(node: string, problem: string, options?: ErrorOptions) {
    super(
      `${node} does not work with its new heartbeat keys: ${problem}; ngcp-pair rotate goes on from here`,
      options,
    );
  }
}

/** False also while the daemon does not answer: then nobody is heard. */
const hearsPeer = async (desk: Desk): Promise<boolean> => {
  try {
    return (await desk.control.status()).peer.heard;
  } catch (error) {
    if (error instanceof ApplianceError) return false;
    throw error;
  }
};

const untilPeerIsHeard = async (desk: Desk): Promise<void> => {
  const deadline = desk.now() + HEARD_WITHIN_MS;
  while (!(await hearsPeer(desk))) {
    if (desk.now() >= deadline) {
      throw new KeysNotInForceError(desk.node, `the peer is not heard for ${HEARD_WITHIN_MS} ms`);
    }
    await pause(ASK_EVERY_MS);
  }
};

const SETTINGS = "/etc/ngcp-ha/settings.json";
const FOR_ROOT_ALONE = 0o600;

/** The daemon's settings as they are in force, with other keys: whatever lies in /etc/ngcp-config waits for its apply. */
const renewSettings = async (
  desk: Desk,
  { site, stateDirectory }: ConfigGround,
  heartbeatKeys: PairSecrets["heartbeatKeys"],
): Promise<void> => {
  const appliance = readAppliance(await textOf(join(site.root, SETTINGS)));
  if (appliance?.secrets === undefined)
    throw new KeysNotInForceError(desk.node, `${SETTINGS} has no secrets: ngcpcfg apply makes it`);
  const renewed = { ...appliance, secrets: { ...appliance.secrets, heartbeatKeys } };
  const content = `${JSON.stringify(renewed, undefined, 2)}\n`;
  const file = { path: SETTINGS, content, mode: FOR_ROOT_ALONE };
  await replaceFile(file, site.root);
  await noteRenewed(stateDirectory, file);
};

/** What ngcpcfg wrote; undefined before it did. */
const readAppliance = (text: string): Appliance | undefined =>
  text === "" ? undefined : (JSON.parse(text) as Appliance);

/** The heartbeat keys of this node: stored in constants.yml, and in force when the daemon hears the peer again. */
export const ownKeys = (desk: Desk, ground: ConfigGround): KeyHolder => {
  const secrets = async (): Promise<PairSecrets> => {
    const found = await readSecrets(ground.site.configDirectory);
    if (found === undefined) throw new KeysNotInForceError(desk.node, "it has no secrets any more");
    return found;
  };
  return {
    read: async () => keysOf((await secrets()).heartbeatKeys),
    write: async (keys) => {
      const heardBefore = await hearsPeer(desk);
      await alone(
        ground.runtimeDirectory,
        async () => {
          const present = await secrets();
          await writeSecrets(ground.site.configDirectory, { ...present, heartbeatKeys: keys });
          await renewSettings(desk, ground, keys);
        },
        TURN_WITHIN_MS,
      );
      await desk.units.restart(DAEMON.unit);
      await noteRestarted(ground, [DAEMON.name]);
      if (heardBefore) await untilPeerIsHeard(desk);
    },
  };
};
