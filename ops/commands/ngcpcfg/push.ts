import type { Appliance } from "../../../appliance/model.ts";
import { applianceInForce } from "../../../appliance/ngcpcfg/site.ts";
import type { TakeOptions } from "../../../appliance/pair/parcel.ts";
import type { Crosslink } from "../../../appliance/pair/dial.ts";
import { PairLinkError } from "../../../appliance/pair/frames.ts";
import { peerConfig } from "../../../appliance/pair/peer-config.ts";
import type {
  ConfigHolder,
  ConfigState,
  Line,
  TakeEnd,
} from "../../../appliance/pair/questions.ts";
import { readSecrets } from "../../../appliance/pair/secrets.ts";
import { keysOf } from "../../../appliance/pair/rotation.ts";
import { ApplianceError } from "../../../appliance/errors.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { hasHistory, telling } from "./ground.ts";
import { ownState, packed } from "./own-config.ts";
import { short, takeParcel } from "./take.ts";

export interface PushOptions {
  readonly dryRun?: true;
  readonly restart?: boolean;
  readonly replace?: true;
}

class NotPairedError extends ApplianceError {
  override readonly name = "NotPairedError";
  readonly code = "NGCP_NOT_PAIRED";

  constructor() {
    super("this node has no secrets of a pair: ngcp-pair create, or join");
  }
}

/** The other node: its name, and its configuration over the crosslink. */
export interface Peer {
  readonly name: string;
  readonly crosslink: Crosslink;
  readonly config: ConfigHolder;
}

/**
 * @param nodes where the two are found on the crosslink; as it is in force on this node, or will be
 * @throws {NotPairedError} on a node without secrets: it has nothing to prove itself with
 */
export const peerAt = async (
  { site }: ConfigGround,
  { self, peer }: Pick<Appliance, "self" | "peer">,
): Promise<Peer> => {
  const secrets = await readSecrets(site.configDirectory);
  if (secrets === undefined) throw new NotPairedError();
  const crosslink = { own: self.crosslink.address, peer: peer.crosslink.address };
  const config = peerConfig(crosslink, keysOf(secrets.heartbeatKeys));
  return { name: peer.name, crosslink, config };
};

/** @throws {NotPairedError} on a node without secrets */
export const peerOf = async (ground: ConfigGround): Promise<Peer> =>
  peerAt(ground, await applianceInForce(ground.site.root));

export const takeOptions = ({ dryRun, restart, replace }: PushOptions): TakeOptions => ({
  dryRun: dryRun === true,
  restart: restart !== false,
  replace: replace === true,
});

/** The lines of the other node are printed as they come; they begin with its name. */
export const relayTo =
  (desk: Desk) =>
  ({ line, isError }: Line): void =>
    isError ? desk.complain(line) : desk.say(line);

/**
 * An exchange that breaks off has changed nothing, or the other node goes on by itself: it had everything before it began.
 */
export const overTheCrosslink = async (
  desk: Desk,
  { name }: Peer,
  work: () => Promise<ExitName>,
): Promise<ExitName> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PairLinkError)) throw error;
    telling(desk).complain(
      `${error.code}: ${error.message}; ${name} is as before, or brings to its end what it had begun: ngcpcfg status there tells, and this can be done again`,
    );
    return "unreachable";
  }
};

/** A commit that its own node does not run is nothing to bring to the other one. */
const notInForce = (desk: Desk, { node, drifted }: ConfigState): boolean => {
  if (drifted.length === 0) return false;
  telling(desk).complain(
    `NGCP_COMMIT_NOT_IN_FORCE: ${node} does not run its own commit (${drifted.join(", ")}): ngcpcfg apply there first, or apply --pair`,
  );
  return true;
};

const endOfPush = (desk: Desk, { name }: Peer, end: TakeEnd, commit: string): ExitName => {
  const { say, complain } = telling(desk);
  if (end === "done") say(`OK:   ${name} is at ${short(commit)}, as ${desk.node} is`);
  else complain(`Error: ${name} did not take ${short(commit)} and is as it was before`);
  return end;
};

/** `ngcpcfg push`: brings the peer to the commit of this node, and puts it into force there. */
export const pushOn = async (
  desk: Desk,
  ground: ConfigGround,
  options: PushOptions,
): Promise<ExitName> => {
  if (!(await hasHistory(desk, ground))) return "failed";
  const peer = await peerOf(ground);
  const own = await ownState(desk, ground);
  if (notInForce(desk, own)) return "refused";
  if (own.changes.length > 0)
    telling(desk).complain(
      `Warning: what is not committed here stays here: ${own.changes.map((line) => line.trim()).join(", ")}`,
    );
  return overTheCrosslink(desk, peer, async () => {
    const parcel = await packed(desk, ground, await peer.config.state(), own.commit);
    telling(desk).say(`Bringing ${short(own.commit)} to ${peer.name}`);
    const end = await peer.config.take(parcel, takeOptions(options), relayTo(desk));
    return options.dryRun === true ? end : endOfPush(desk, peer, end, own.commit);
  });
};

/** `ngcpcfg pull`: brings this node to the commit of the peer, and puts it into force here. */
export const pullOn = async (
  desk: Desk,
  ground: ConfigGround,
  options: PushOptions,
): Promise<ExitName> => {
  if (!(await hasHistory(desk, ground))) return "failed";
  const peer = await peerOf(ground);
  return overTheCrosslink(desk, peer, async () => {
    if (notInForce(desk, await peer.config.state())) return "refused";
    const parcel = await peer.config.give(await ownState(desk, ground));
    telling(desk).say(`Taking ${short(parcel.commit)} of ${peer.name}`);
    return takeParcel(desk, ground, parcel, takeOptions(options));
  });
};
