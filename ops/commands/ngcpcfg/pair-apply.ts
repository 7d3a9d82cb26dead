import { ApplianceError } from "../../../appliance/errors.ts";
import { PairLinkError } from "../../../appliance/pair/frames.ts";
import { readInForce } from "../../../appliance/ngcpcfg/in-force.ts";
import type { Standing } from "../../../appliance/ngcpcfg/exchange.ts";
import type { ConfigState, TakeEnd } from "../../../appliance/pair/questions.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import { begin, carriedOut, tryOut, type ApplyOptions, type Begun } from "./apply.ts";
import type { ConfigGround } from "./ground.ts";
import { telling } from "./ground.ts";
import { noteInForce } from "./note.ts";
import { packed } from "./own-config.ts";
import { overTheCrosslink, peerAt, peerOf, relayTo, takeOptions } from "./push.ts";
import type { Peer, PushOptions } from "./push.ts";
import { inForceFrom, short } from "./take.ts";
import { exchangeOf } from "./tree.ts";

type Options = ApplyOptions & PushOptions;

/** One change on its way to both nodes. */
interface Undertaking {
  readonly desk: Desk;
  readonly ground: ConfigGround;
  readonly peer: Peer;
  /** The same where it is found once it runs with the change: that may concern the crosslink. */
  readonly changedPeer: Peer;
  /** The peer as it was before. */
  readonly state: ConfigState;
  readonly begun: Begun;
  readonly target: Standing;
  readonly options: Options;
}

const isStandby = async ({ control }: Desk): Promise<boolean> => {
  try {
    return (await control.status()).role === "standby";
  } catch (error) {
    if (error instanceof ApplianceError) return false;
    throw error;
  }
};

const onPeer = async (work: Undertaking): Promise<TakeEnd> => {
  const { desk, ground, peer, state, target, options } = work;
  telling(desk).say(`Bringing ${short(target.commit)} to ${peer.name}`);
  const parcel = await packed(desk, ground, state, target.commit);
  return peer.config.take(parcel, takeOptions(options), relayTo(desk));
};

const onThisNode = async (work: Undertaking): Promise<boolean> => {
  const { desk, ground, begun, target, options } = work;
  if (!(await carriedOut(desk, ground, begun.plan, options.restart !== false))) return false;
  await noteInForce(desk, ground, begun.plan, target.tree);
  return true;
};

/** The commit of this history that says what the peer ran with: also where the peer had not committed it. */
const wayBackOf = async (work: Undertaking): Promise<string> => {
  const { desk, ground, state, target } = work;
  const lineage = await exchangeOf(desk, ground).lineage(target.commit);
  return lineage.find(({ tree }) => tree === state.files)?.commit ?? state.commit;
};

const backOnPeer = async (work: Undertaking): Promise<boolean> => {
  const { desk, changedPeer: peer, target } = work;
  telling(desk).say(`Taking ${peer.name} back to what it ran before`);
  const parcel = {
    ...(await packed(desk, work.ground, { commit: target.commit, constants: null }, target.commit)),
    commit: await wayBackOf(work),
    constants: undefined,
  };
  const options = { replace: true, dryRun: false, restart: true };
  try {
    return (await peer.config.take(parcel, options, relayTo(desk))) === "done";
  } catch (error) {
    if (!(error instanceof ApplianceError)) throw error;
    telling(desk).complain(`${error.code}: ${error.message}`);
    return false;
  }
};

/** @param tree what was in force here before, committed or not */
const backOnThisNode = async ({ desk, ground }: Undertaking, tree: string): Promise<boolean> => {
  telling(desk).say(`Taking ${desk.node} back to what it ran before`);
  const options = { replace: false, dryRun: false, restart: true };
  return inForceFrom(desk, ground, { commit: tree, constants: undefined }, options);
};

/** What each node stands at when only the second one failed. */
const tellAfterward = (
  { desk, peer, target }: Undertaking,
  failed: string,
  isBack: boolean,
): void => {
  const first = failed === peer.name ? desk.node : peer.name;
  const { complain } = telling(desk);
  complain(
    isBack
      ? `Error: ${failed} did not take the change: both nodes run as before, and the change waits in the files of ${desk.node}`
      : `Error: ${failed} did not take the change and runs as before, but ${first} runs with ${short(target.commit)}: correct what is wrong, then ngcpcfg apply --pair again`,
  );
};

const committed = async ({ desk, ground, peer, begun, target }: Undertaking): Promise<ExitName> => {
  const { say } = telling(desk);
  const exchange = exchangeOf(desk, ground);
  const isNew = (await exchange.standing()).commit !== target.commit;
  if (isNew) await exchange.moveTo(target.commit);
  say(isNew ? `Committed: ${begun.message ?? ""}` : "OK:   nothing to commit.");
  say(`OK:   ${peer.name} and ${desk.node} are at ${short(target.commit)}`);
  return "done";
};

const peerFirst = async (work: Undertaking): Promise<ExitName> => {
  const { desk, peer } = work;
  const end = await onPeer(work);
  if (end !== "done") {
    telling(desk).complain(
      `Error: ${peer.name} did not take the change and runs as before; ${desk.node} was not touched, and the change waits in its files`,
    );
    return end;
  }
  if (await onThisNode(work)) return committed(work);
  tellAfterward(work, desk.node, await backOnPeer(work));
  return "failed";
};

const thisNodeFirst = async (work: Undertaking): Promise<ExitName> => {
  const { desk, ground, peer } = work;
  const before = (await readInForce(ground.stateDirectory))?.tree;
  if (!(await onThisNode(work))) {
    telling(desk).complain(
      `Error: ${desk.node} did not take the change and runs as before; ${peer.name} was not touched`,
    );
    return "failed";
  }
  const end = await onPeer(work);
  if (end === "done") return committed(work);
  const tree = before ?? (await exchangeOf(desk, ground).standing()).tree;
  tellAfterward(work, peer.name, await backOnThisNode(work, tree));
  return end;
};

const rehearsed = async (work: Undertaking): Promise<ExitName> => {
  const here = await tryOut(work.desk, work.ground, work.begun.plan);
  const there = await onPeer(work);
  return here === "done" ? there : here;
};

/** An exchange that broke off in the middle: what this node knows of both. */
const endingWell = async (work: Undertaking, isFirst: boolean): Promise<ExitName> => {
  const { desk, peer } = work;
  try {
    return await (isFirst ? thisNodeFirst(work) : peerFirst(work));
  } catch (error) {
    if (!(error instanceof PairLinkError)) throw error;
    telling(desk).complain(
      isFirst
        ? `Error: ${desk.node} runs with the change; what ${peer.name} does is not known: do it again when the crosslink is back`
        : `Error: ${desk.node} was not touched; what ${peer.name} does is not known: do it again when the crosslink is back`,
    );
    throw error;
  }
};

interface Found {
  readonly found: Peer;
  readonly state: ConfigState;
}

const isSame = (one: Peer, other: Peer): boolean =>
  one.crosslink.own === other.crosslink.own && one.crosslink.peer === other.crosslink.peer;

/** A change of the crosslink that only the peer took, and was not taken back from, is gone on with at the new address. */
const findPeer = async ([usual, changed]: readonly [Peer, Peer]): Promise<Found> => {
  try {
    return { found: usual, state: await usual.config.state() };
  } catch (error) {
    if (!(error instanceof PairLinkError) || isSame(usual, changed)) throw error;
    try {
      return { found: changed, state: await changed.config.state() };
    } catch {
      throw error;
    }
  }
};

/**
 * `ngcpcfg apply --pair "message"`: on both nodes, the standby first, and where one of them does not take it, on neither.
 * The commit is made when both run with it.
 */
export const applyPairOn = async (
  desk: Desk,
  ground: ConfigGround,
  words: readonly string[],
  options: Options,
): Promise<ExitName> => {
  const begun = await begin(desk, ground, words, options);
  if (begun === undefined) return "failed";
  const peer = await peerOf(ground);
  const changedPeer = await peerAt(ground, begun.plan.loaded.appliance);
  return overTheCrosslink(desk, peer, async () => {
    const { found, state } = await findPeer([peer, changedPeer]);
    const target = await exchangeOf(desk, ground).snapshot(begun.message ?? "a rehearsal");
    const work = { desk, ground, peer: found, changedPeer, state, begun, target, options };
    if (options.dryRun === true) return rehearsed(work);
    return endingWell(work, await isStandby(desk));
  });
};
