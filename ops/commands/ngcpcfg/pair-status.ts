import { ApplianceError } from "../../../appliance/errors.ts";
import type { ConfigState } from "../../../appliance/pair/questions.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { ownState } from "./own-config.ts";
import { peerOf } from "./push.ts";
import { short } from "./take.ts";

/** What the other node has to be told of, or done about. */
export interface PairFinding {
  readonly lines: readonly string[];
  readonly fine: string;
  readonly todo: string;
}

const listed = (what: string, lines: readonly string[]): readonly string[] =>
  lines.map((line) => `${what}: ${line.trim()}`);

/** What the two nodes do not have in common, and what is not in force on the other one. */
const differences = (own: ConfigState, peer: ConfigState): readonly string[] => [
  ...(own.version === peer.version
    ? []
    : [`${peer.node} has version ${peer.version} of the package, ${own.node} ${own.version}`]),
  ...(own.tree === peer.tree
    ? []
    : [`${peer.node} is at ${short(peer.commit)}, ${own.node} at ${short(own.commit)}`]),
  ...(own.constants === peer.constants ? [] : [`${peer.node} has other secrets`]),
  ...listed(`not committed on ${peer.node}`, peer.changes),
  ...listed(`not what the commit of ${peer.node} says`, peer.drifted),
  ...listed(`runs with older files on ${peer.node}`, peer.pending),
];

/** Asks the peer over the crosslink; that it does not answer is a finding too. */
export const pairFinding = async (desk: Desk, ground: ConfigGround): Promise<PairFinding> => {
  try {
    const peer = await (await peerOf(ground)).config.state();
    const own = await ownState(desk, ground);
    const apart = own.commit === peer.commit ? "" : ", committed apart";
    return {
      lines: differences(own, peer),
      fine: `${peer.node} has the same, at ${short(peer.commit)}${apart}`,
      todo: "the other node differs: -> execute 'ngcpcfg push', or 'ngcpcfg pull' to take what it has",
    };
  } catch (error) {
    if (!(error instanceof ApplianceError)) throw error;
    return {
      lines: [`${error.code}: ${error.message}`],
      fine: "",
      todo: "what the other node has is not known:",
    };
  }
};
