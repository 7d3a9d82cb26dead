import { covers, furthest } from "./gtid.ts";
import { lacksItsOwn, peerIsBehind, strayTransactions } from "./database-view.ts";
import {
  SLOW_STATEMENT_MS,
  STATEMENT_MS,
  askPeer,
  closeDatabase,
  lookOnDisk,
  openDatabase,
  setGate,
  setSemiSync,
  shutGate,
} from "./database-moves.ts";
import {
  follow,
  followFromHere,
  isStopped,
  mustFollow,
  renewPassword,
  stopThreads,
} from "./database-threads.ts";
import { isPurged, judgeReplica } from "./replica-rules.ts";
import type { ReplicaRule } from "./replica-rules.ts";
import { readDatabase } from "./sql.ts";
import type { DatabaseView, PeerDatabaseView } from "./database-view.ts";
import type { Databases, OnDisk } from "./database-moves.ts";
import type { Positions } from "./gtid.ts";

const PEER_ANSWERS_MS = 500;
const WRONG_PASSWORD = 1045;

/**
 * A database with stray transactions is crashed once: recovery reads its position back from the binary log, where a
 * write that failed on a full disk never came, and drops what nobody was told to be committed. What is astray after it
 * really is: then neither node takes anything in from the other, and a copy of the peer's takes its place.
 */
const keepApart = async (
  databases: Databases,
  rule: ReplicaRule,
  { replica, recovered }: Pick<DatabaseView, "replica"> & Pick<TendMemory, "recovered">,
  signal: AbortSignal,
): Promise<void> => {
  await shutGate(databases, signal);
  if (!recovered) {
    await databases.crash(signal);
    return;
  }
  if (replica !== undefined && !isStopped(replica)) await stopThreads(databases.threads, signal);
  if (rule.remedy === "copyAnew") await databases.copies.begin(signal);
};

/** Does by itself what the rule says about the matter. A copy is taken only of the database that is written to. */
const remedy = async (
  databases: Databases,
  rule: ReplicaRule,
  { view, peer }: Looks,
  signal: AbortSignal,
): Promise<void> => {
  const { settings, threads } = databases;
  switch (rule.remedy) {
    case "copyAnew":
      if (peer?.readOnly !== false) return;
      if (view.replica !== undefined && !isStopped(view.replica))
        await stopThreads(threads, signal);
      await databases.copies.begin(signal);
      return;
    case "fetchAgain":
      await stopThreads(threads, signal);
      await follow(databases, { ...view, replica: undefined }, signal);
      return;
    case "follow":
      await follow(databases, view, signal);
      return;
    case "none":
    case "renewPassword":
      if (mustFollow(view.replica, settings)) await follow(databases, view, signal);
  }
};

const isBeingSeenTo = ({ copying, cut }: OnDisk): boolean =>
  copying !== undefined || cut === "unchecked";

/**
 * What a standby that is read-only needs: replicating, and the peer let in once it was seen that nothing here is astray.
 *
 * @returns whether it was crashed for this, and has not been in order since
 */
const tendReplica = async (
  databases: Databases,
  { view, peer }: Looks,
  memory: TendMemory,
  signal: AbortSignal,
): Promise<boolean> => {
  const disk = lookOnDisk(databases, view);
  if (peer === undefined || isBeingSeenTo(disk)) return memory.recovered;
  const peerIsLetIn = peer.receiving && view.acknowledging > 0;
  const { settings } = databases;
  const stray = peerIsLetIn ? undefined : strayTransactions(view.logged, peer, settings.peer);
  const rule = judgeReplica({ view, peer, names: settings, stray, deaf: false, ...disk });
  if (stray !== undefined) {
    const { recovered } = memory;
    await keepApart(databases, rule, { replica: view.replica, recovered }, signal);
    return true;
  }
  await remedy(databases, rule, { view, peer }, signal);
  if (!peerIsLetIn) await setGate(databases, "UNLOCK", signal);
  return false;
};

/**
 * What an active node that is writable needs: commits that wait for the peer once it has caught up, and threads
 * towards the peer. From a peer that does not answer nothing is taken in until it has been seen again: what
 * it sent before it was cut off may come out of the wire much later.
 */
const tendSource = async (
  databases: Databases,
  { view, peer }: Looks,
  memory: TendMemory,
  signal: AbortSignal,
): Promise<boolean> => {
  if (peer === undefined) {
    if (mayRun(view)) await stopThreads(databases.threads, signal);
    return false;
  }
  if (!peer.readOnly) return false;
  await followPeer(databases, view, peer, signal);
  if (!view.semiSync && hasCaughtUp(view, peer, memory.logged)) {
    await setSemiSync(databases.control, true, signal);
  }
  return nudge(databases, { view, peer, memory }, signal);
};

/** What both databases said, the own one first. */
export interface Looks {
  readonly view: DatabaseView;
  /** Absent when the peer's did not answer. */
  readonly peer: PeerDatabaseView | undefined;
}

/**
 * A write that failed on a full disk leaves its number in this node's position and nothing in its binary log: the peer
 * would seem to lack it until something else is written. Once nothing has been written from one look to the next, a
 * statement that changes nothing is.
 *
 * @returns whether the peer has been, or just was, nudged since it last had everything
 */
const nudge = async (
  { work }: Databases,
  { view, peer, memory }: Looks & { readonly peer: PeerDatabaseView; readonly memory: TendMemory },
  signal: AbortSignal,
): Promise<boolean> => {
  const rests = covers(memory.logged, view.logged) && peer.receiving;
  if (covers(furthest([peer.received, peer.applied, peer.logged]), view.logged)) return false;
  if (!rests || memory.nudged) return memory.nudged;
  await work.query("FLUSH USER_RESOURCES", SLOW_STATEMENT_MS, signal);
  return true;
};

const mayRun = ({ replica }: DatabaseView): boolean => replica !== undefined && !isStopped(replica);

/**
 * A peer that was copied from this node has a binary log that begins where the copy was taken. From a position before
 * that it answers with error 1236. This node has everything anyhow: it goes on from where it is itself.
 */
const followPeer = async (
  databases: Databases,
  view: DatabaseView,
  peer: PeerDatabaseView,
  signal: AbortSignal,
): Promise<void> => {
  const { replica } = view;
  if (!peerIsBehind(view, peer)) return;
  if (replica !== undefined && isPurged(replica.receiveError)) {
    await followFromHere(databases, view, signal);
  } else if (mustFollow(replica, databases.settings)) {
    await follow(databases, view, signal);
  }
};

/** Commits that waited for a peer far behind would all run into the semi-sync timeout. */
const hasCaughtUp = (view: DatabaseView, peer: PeerDatabaseView, earlier: Positions): boolean =>
  peer.receiving &&
  view.acknowledging > 0 &&
  covers(furthest([peer.received, peer.applied]), earlier);

/** What has to be remembered from one look to the next. */
export interface TendMemory {
  /** Where this node was at the last look: a peer that has this has caught up. */
  readonly logged: Positions;
  readonly passwordRenewed: boolean;
  /** A statement was written for a peer that seemed to lack something, and it has not had everything since. */
  readonly nudged: boolean;
  /** This node's MariaDB was crashed because of stray transactions, and has not been in order since. */
  readonly recovered: boolean;
}

export const FRESH_MEMORY: TendMemory = {
  logged: new Map(),
  passwordRenewed: false,
  nudged: false,
  recovered: false,
};

/** What came of tending. */
export interface Tended {
  /** What to hand in at the next call. */
  readonly memory: TendMemory;
  /** What both databases said before anything was done; absent where the role of this node's own was put right. */
  readonly looks: Looks | undefined;
}

/**
 * MariaDB of the active node was started again. With every transaction in its binary log before the peer hears of it, it
 * never has less of its own than the peer: where it does, somebody has put an older data directory in its place.
 */
const openAgain = async (
  databases: Databases,
  view: DatabaseView,
  signal: AbortSignal,
): Promise<void> => {
  const peer = await askPeer(databases, PEER_ANSWERS_MS, signal);
  if (peer?.readOnly === true && lacksItsOwn(view, peer, databases.settings.selfId))
    databases.wentBack();
  else await openDatabase(databases, signal);
};

/** Brings back what a restart of MariaDB, on either node, or a cut of the crosslink has undone. */
export const tendDatabase = async (
  databases: Databases,
  wanted: "open" | "closed",
  memory: TendMemory,
  signal: AbortSignal,
): Promise<Tended> => {
  const view = await readDatabase(databases.work, STATEMENT_MS, signal);
  const refused = view.replica?.receiveError?.errno === WRONG_PASSWORD;
  const next: TendMemory = { ...FRESH_MEMORY, logged: view.logged, passwordRenewed: refused };
  if (refused && !memory.passwordRenewed) {
    await renewPassword(databases, signal);
    return { memory: next, looks: undefined };
  }
  if (wanted === "open" && view.readOnly) {
    await openAgain(databases, view, signal);
    return { memory: next, looks: undefined };
  }
  if (wanted === "closed" && !view.readOnly) {
    await closeDatabase(databases, signal);
    return { memory: { ...next, recovered: memory.recovered }, looks: undefined };
  }
  const looks = { view, peer: await askPeer(databases, PEER_ANSWERS_MS, signal) };
  const kept =
    wanted === "open"
      ? { nudged: await tendSource(databases, looks, memory, signal) }
      : { recovered: await tendReplica(databases, looks, memory, signal) };
  return { memory: { ...next, ...kept }, looks };
};
