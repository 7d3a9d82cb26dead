import { agreementOf } from "../../../appliance/config/agreement.ts";
import { ApplianceError } from "../../../appliance/errors.ts";
import { readInForce, writeInForce } from "../../../appliance/ngcpcfg/in-force.ts";
import type { SitePlan } from "../../../appliance/ngcpcfg/site.ts";
import { isErrno } from "../../../appliance/system/errno.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { historyOf } from "./ground.ts";
import { exchangeOf } from "./tree.ts";

/** The services run with the change, and the node does not know it yet. */
class NotNotedError extends ApplianceError {
  override readonly name = "NotNotedError";
  readonly code = "NGCP_NOT_NOTED";

  constructor(cause: Error) {
    super(
      `the change is in force, but that could not be noted (${cause.message}): make room on the disk, then ngcpcfg apply it again`,
      { cause },
    );
  }
}

const noting = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof ApplianceError || isErrno(cause)) throw new NotNotedError(cause);
    throw cause;
  }
};

/**
 * Notes that everything of a plan is in force, and so what both nodes agree on from now on.
 *
 * @throws {NotNotedError} when it cannot be written
 */
export const noteInForce = async (
  desk: Desk,
  { stateDirectory }: ConfigGround,
  { loaded, files }: SitePlan,
  tree: string | null,
): Promise<void> => {
  await noting(() => writeInForce(stateDirectory, files, { tree, agreement: agreementOf(loaded) }));
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
  tree: string | null,
): Promise<void> => {
  const before = await readInForce(ground.stateDirectory);
  const paired = loaded.appliance.secrets !== undefined;
  const agreement = paired && before !== undefined ? before.agreement : agreementOf(loaded);
  await noting(() => writeInForce(ground.stateDirectory, files, { tree, agreement }));
  await tellDaemon(desk);
};
