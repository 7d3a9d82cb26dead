import { agreementOf } from "../../../appliance/config/agreement.ts";
import { ApplianceError } from "../../../appliance/errors.ts";
import { readInForce, writeInForce } from "../../../appliance/ngcpcfg/in-force.ts";
import type { SitePlan } from "../../../appliance/ngcpcfg/site.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { historyOf } from "./ground.ts";
import { exchangeOf } from "./tree.ts";

/** Notes that everything of a plan is in force, and so what both nodes agree on from now on. */
export const noteInForce = async (
  desk: Desk,
  { stateDirectory }: ConfigGround,
  { loaded, files }: SitePlan,
  tree: string | null,
): Promise<void> => {
  await writeInForce(stateDirectory, files, { tree, agreement: agreementOf(loaded) });
  await tellDaemon(desk);
};

/** A daemon that does not answer looks when it starts, and every minute. */
const tellDaemon = async ({ control }: Desk): Promise<void> => {
  try {
    await control.lookAtConfiguration();
  } catch (error) {
    if (!(error instanceof ApplianceError)) throw error;
  }
};

/** The content of the files as they lie in /etc/ngcp-config; null without a history. */
export const treeHere = async (desk: Desk, ground: ConfigGround): Promise<string | null> =>
  (await historyOf(desk, ground).isInitialised()) ? exchangeOf(desk, ground).treeOfFiles() : null;

/** Notes files that were written without their services: what both nodes agreed on goes on. */
export const noteBuilt = async (
  desk: Desk,
  ground: ConfigGround,
  { loaded, files }: SitePlan,
): Promise<void> => {
  const before = await readInForce(ground.stateDirectory);
  const paired = loaded.appliance.secrets !== undefined;
  await writeInForce(ground.stateDirectory, files, {
    tree: await treeHere(desk, ground),
    agreement: paired && before !== undefined ? before.agreement : agreementOf(loaded),
  });
  await tellDaemon(desk);
};
