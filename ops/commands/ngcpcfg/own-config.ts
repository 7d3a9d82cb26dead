import { changesOf } from "../../../appliance/ngcpcfg/install.ts";
import { nodeNamed, planSite } from "../../../appliance/ngcpcfg/site.ts";
import type { Parcel } from "../../../appliance/pair/parcel.ts";
import type { ConfigHolder, ConfigState, Receiver } from "../../../appliance/pair/questions.ts";
import { fingerprintOf, readConstants } from "../../../appliance/pair/secrets.ts";
import { VERSION } from "../../../appliance/version.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { historyOf } from "./ground.ts";
import { kept } from "./keeping.ts";
import { alone } from "./lock.ts";
import { pendingServices } from "./services.ts";
import { takeParcel } from "./take.ts";
import { exchangeOf, withCommit } from "./tree.ts";

/** The files of the services that are not what the last commit makes of them. */
const driftedFiles = (
  desk: Desk,
  ground: ConfigGround,
  commit: string,
): Promise<readonly string[]> =>
  withCommit(desk, ground, { commit }, async ({ site }) => {
    const { files } = await planSite({ ...site, node: nodeNamed(desk.node) });
    return (await changesOf(files, site.root)).map(({ path }) => path);
  });

/** What this node tells of its configuration. */
export const ownState = async (desk: Desk, ground: ConfigGround): Promise<ConfigState> => {
  const { commit, tree } = await exchangeOf(desk, ground).standing();
  return {
    node: desk.node,
    version: VERSION,
    commit,
    tree,
    files: await exchangeOf(desk, ground).treeOfFiles(),
    constants: fingerprintOf(await readConstants(ground.site.configDirectory)),
    changes: await historyOf(desk, ground).changes(),
    drifted: await driftedFiles(desk, ground, commit),
    pending: await pendingServices(ground),
  };
};

/** Packs a commit of this node with what `receiver` lacks of it. */
export const packed = async (
  desk: Desk,
  ground: ConfigGround,
  receiver: Receiver,
  commit: string,
): Promise<Parcel> => {
  const exchange = exchangeOf(desk, ground);
  const knows = (await exchange.lineage(commit)).some((each) => each.commit === receiver.commit);
  const constants = await readConstants(ground.site.configDirectory);
  return {
    commit,
    from: receiver.commit,
    version: VERSION,
    bundle:
      receiver.commit === commit
        ? undefined
        : await exchange.pack(commit, knows ? receiver.commit : undefined),
    constants: fingerprintOf(constants) === receiver.constants ? undefined : constants,
  };
};

/** This node as its peer asks it. */
export const ownConfig = (desk: Desk, ground: ConfigGround): ConfigHolder => ({
  state: () => ownState(desk, ground),
  give: async (receiver) => {
    const { commit } = await exchangeOf(desk, ground).standing();
    return packed(desk, ground, receiver, commit);
  },
  take: (parcel, options, tell) =>
    alone(ground.runtimeDirectory, () => {
      // A shutdown of this node waits for what was begun.
      desk.onInterrupt();
      const both: Desk = {
        ...desk,
        say: (line) => {
          desk.say(line);
          tell({ line, isError: false });
        },
        complain: (line) => {
          desk.complain(line);
          tell({ line, isError: true });
        },
      };
      return kept(both, ground, (shown) => takeParcel(shown, ground, parcel, options));
    }),
});
