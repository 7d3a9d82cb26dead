import { setTimeout as pause } from "node:timers/promises";
import { ApplianceError } from "../../appliance/errors.ts";
import { nodeNamed, planSite } from "../../appliance/ngcpcfg/site.ts";
import { keysOf, type KeyHolder } from "../../appliance/pair/rotation.ts";
import { writeSecrets } from "../../appliance/pair/secrets.ts";
import type { PairSecrets } from "../../appliance/model.ts";
import type { Desk } from "../tool.ts";
import { buildOn } from "./ngcpcfg/build.ts";
import type { ConfigGround } from "./ngcpcfg/ground.ts";
import { alone } from "./ngcpcfg/lock.ts";
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

/** The heartbeat keys of this node: stored in constants.yml, and in force when the daemon hears the peer again. */
export const ownKeys = (desk: Desk, ground: ConfigGround): KeyHolder => {
  const secrets = async (): Promise<PairSecrets> => {
    const { loaded } = await planSite({ ...ground.site, node: nodeNamed(desk.node) });
    if (loaded.appliance.secrets === undefined) {
      throw new KeysNotInForceError(desk.node, "it has no secrets any more");
    }
    return loaded.appliance.secrets;
  };
  return {
    read: async () => keysOf((await secrets()).heartbeatKeys),
    write: async (keys) => {
      const heardBefore = await hearsPeer(desk);
      const built = await alone(
        ground.runtimeDirectory,
        async () => {
          const present = await secrets();
          await writeSecrets(ground.site.configDirectory, { ...present, heartbeatKeys: keys });
          return await buildOn(desk, ground, false);
        },
        TURN_WITHIN_MS,
      );
      if (built !== "done") {
        throw new KeysNotInForceError(desk.node, "its configuration is wrong");
      }
      await desk.units.restart(DAEMON.unit);
      await noteRestarted(ground, [DAEMON.name]);
      if (heardBefore) await untilPeerIsHeard(desk);
    },
  };
};
