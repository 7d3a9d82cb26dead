import { ApplianceError } from "../../../appliance/errors.ts";
import { adopt } from "../../../appliance/ngcpcfg/adoption.ts";
import type { Exchange } from "../../../appliance/ngcpcfg/exchange.ts";
import type { Parcel, TakeOptions } from "../../../appliance/pair/parcel.ts";
import type { TakeEnd } from "../../../appliance/pair/questions.ts";
import { VERSION } from "../../../appliance/version.ts";
import type { Desk } from "../../tool.ts";
import { carriedOut, tryOut } from "./apply.ts";
import { planned, warnOfWaiting } from "./build.ts";
import type { ConfigGround } from "./ground.ts";
import { historyOf, strayBranch, telling } from "./ground.ts";
import { noteInForce } from "./note.ts";
import { exchangeOf, withCommit } from "./tree.ts";

const SHOWN = 12;

/** Commit ids as operators see them. */
export const short = (commit: string): string => commit.slice(0, SHOWN);

interface Loss {
  readonly code: `NGCP_${string}`;
  readonly sentence: string;
}

/**
 * What this node would lose by going to another commit: nothing when its files are, or once were, those of that history,
 * whoever committed them. Both nodes begin with the same templates and commit them each on its own.
 */
const lossAt = async (
  desk: Desk,
  ground: ConfigGround,
  commit: string,
): Promise<Loss | undefined> => {
  const exchange = exchangeOf(desk, ground);
  const own = await exchange.standing();
  const theirs = await exchange.lineage(commit);
  const lacked = (await exchange.lineage(own.commit)).filter(
    (each) => !theirs.some((other) => other.commit === each.commit),
  );
  const isAhead = own.commit !== commit && (await isBehind(exchange, commit, own.commit));
  if (isAhead) return aheadOf(desk, lacked.length);
  const files = await exchange.treeOfFiles();
  if (theirs.some(({ tree }) => tree === files)) return undefined;
  return files === own.tree
    ? diverged(desk, own.commit)
    : uncommitted(desk, await historyOf(desk, ground).changes());
};

const isBehind = async (exchange: Exchange, commit: string, tip: string): Promise<boolean> =>
  (await exchange.lineage(tip)).some((each) => each.commit === commit);

const aheadOf = ({ node }: Desk, count: number): Loss => ({
  code: "NGCP_HISTORY_AHEAD",
  sentence: `${node} has ${count === 1 ? "a newer commit" : `${count} newer commits`}: ngcpcfg pull on the other node takes them; with --replace they are given up`,
});

const diverged = ({ node }: Desk, commit: string): Loss => ({
  code: "NGCP_HISTORY_DIVERGED",
  sentence: `${node} stands at ${short(commit)}, which the other node does not have: ngcpcfg show there says what it changed; with --replace it is given up, and kept as the branch before-${short(commit)}`,
});

const uncommitted = ({ node }: Desk, changes: readonly string[]): Loss => ({
  code: "NGCP_HISTORY_UNCOMMITTED",
  sentence: `${node} has changes that are not committed (${changes.map((line) => line.trim()).join(", ")}): ngcpcfg apply or ngcpcfg clean there; with --replace they are put aside, for git stash pop`,
});

/** Why the parcel is not for this node as it is now; undefined when it is. */
const unfit = async (
  desk: Desk,
  ground: ConfigGround,
  { from, version }: Parcel,
): Promise<Loss | undefined> => {
  if (version !== VERSION)
    return {
      code: "NGCP_VERSIONS_DIFFER",
      sentence: `${desk.node} has version ${VERSION} of the package and the other node ${version}: templates are for one version, upgrade the older node first`,
    };
  const stray = await strayBranch(desk, ground);
  if (stray !== undefined) return { code: "NGCP_HISTORY_BRANCH", sentence: stray };
  const { commit } = await exchangeOf(desk, ground).standing();
  return commit === from
    ? undefined
    : {
        code: "NGCP_HISTORY_MOVED",
        sentence: `${desk.node} went on to ${short(commit)} meanwhile: do it again`,
      };
};

const refusal = async (
  desk: Desk,
  ground: ConfigGround,
  parcel: Parcel,
  replace: boolean,
): Promise<Loss | undefined> => {
  const reason = await unfit(desk, ground, parcel);
  if (reason !== undefined) return reason;
  const exchange = exchangeOf(desk, ground);
  if (parcel.bundle !== undefined) await exchange.unpack(parcel.bundle, parcel.commit);
  return replace ? undefined : lossAt(desk, ground, parcel.commit);
};

/** What is given up stays to be found: changes in the stash, commits under a name. */
const giveUp = async (desk: Desk, ground: ConfigGround, commit: string): Promise<void> => {
  const loss = await lossAt(desk, ground, commit);
  if (loss === undefined) return;
  const history = historyOf(desk, ground);
  const exchange = exchangeOf(desk, ground);
  const { commit: own } = await exchange.standing();
  if ((await history.changes()).length > 0) await history.putAside();
  if (await isBehind(exchange, own, commit)) return;
  await exchange.keepAs(`before-${short(own)}`);
  telling(desk).say(`What ${desk.node} had is kept as the branch before-${short(own)}`);
};

const adoptParcel = async (desk: Desk, ground: ConfigGround, parcel: Parcel): Promise<void> => {
  const exchange = exchangeOf(desk, ground);
  const { commit, constants } = parcel;
  await giveUp(desk, ground, commit);
  await adopt(
    { commit, owners: await exchange.ownersBefore(commit), constants },
    {
      configDirectory: ground.site.configDirectory,
      stateDirectory: ground.stateDirectory,
      exchange,
    },
  );
};

/** Checks, builds, installs and restarts as the commit says; the files of /etc/ngcp-config have no part in it. */
export const inForceFrom = async (
  desk: Desk,
  ground: ConfigGround,
  parcel: Pick<Parcel, "commit" | "constants">,
  { dryRun, restart }: TakeOptions,
): Promise<boolean> =>
  withCommit(desk, ground, parcel, async (there) => {
    const plan = await planned(desk, there);
    if (plan === undefined) return false;
    telling(desk).say("configs were checked successfully");
    warnOfWaiting(desk, plan);
    if (dryRun) return (await tryOut(desk, there, plan)) === "done";
    if (!(await carriedOut(desk, there, plan, restart))) return false;
    await noteInForce(desk, there, plan, await exchangeOf(desk, ground).treeOf(parcel.commit));
    return true;
  });

/**
 * Brings this node to a commit of the other one: a fast-forward, or it is refused. The files of the services come first and
 * those of /etc/ngcp-config last, so that whatever breaks before leaves the node as it was.
 */
export const takeParcel = async (
  desk: Desk,
  ground: ConfigGround,
  parcel: Parcel,
  options: TakeOptions,
): Promise<TakeEnd> => {
  const { say, complain } = telling(desk);
  const reason = await refusal(desk, ground, parcel, options.replace);
  if (reason !== undefined) {
    complain(`${reason.code}: ${reason.sentence}`);
    return "refused";
  }
  if (!(await inForceFrom(desk, ground, parcel, options))) return "failed";
  if (options.dryRun) return "done";
  try {
    await adoptParcel(desk, ground, parcel);
  } catch (error) {
    if (!(error instanceof ApplianceError)) throw error;
    complain(`Error: the commit is in force, but not in the history: ${error.message}`);
    return "failed";
  }
  say(`OK:   at ${short(parcel.commit)}, which is in force`);
  return "done";
};
