import type { Condition } from "./condition.ts";
import { within } from "./state.ts";
import type { HaState, PendingCommand } from "./state.ts";

export const isUnpaired: Condition = (_state, settings) => !settings.paired;

export const isHeld: Condition = (state) => state.held;

export const isFit: Condition = (state) => state.unfitReasons.length === 0;

/** Another node of the same name, or a node that is not in network.yml, speaks here (rule 14). */
export const hearsStranger: Condition = (state, settings) =>
  within(state, state.peer.strangeAt, settings.initialDeadMs);

export const failedJustNow: Condition = (state, settings) =>
  within(state, state.failedAt, settings.retryMs);

/** The operator asked for the role whatever this node lacks. */
const isForced = (pending: PendingCommand | undefined): boolean =>
  pending?.command.kind === "makeActive" && pending.command.force;

/** What was claimed does not count: a first takeover may fail, and then neither node has anything. */
export const pairHasServed = ({ role, recordAsked, peer: { heartbeat } }: HaState): boolean =>
  role === "active" ||
  recordAsked.pairServed === true ||
  recordAsked.lastHeldTerm > 0 ||
  heartbeat?.pairServed === true;

/** The database that this node served from is gone: an empty one took its place. */
export const hasLostData = ({ replication }: HaState): boolean => replication.data === "lost";

/**
 * Its database was made anew and the pair has had an active node before, this one or another: only the two of a new
 * pair begin with nothing. (A node that was active had written to its database.)
 */
export const awaitsData = (state: HaState): boolean =>
  state.replication.data === "awaited" ||
  hasLostData(state) ||
  (state.replication.data === "new" && pairHasServed(state));

/**
 * With its empty database this node would turn every phone away, and what is written then would be on the node that
 * lacks the rest: it does not take the role before it has the peer's data, unless the operator forces it.
 */
export const lacksData: Condition = (state) =>
  state.role !== "active" && awaitsData(state) && !isForced(state.command);

/** Would take the role if nobody better could. */
export const isWilling: Condition = (state, settings) =>
  settings.paired &&
  !state.held &&
  !state.shuttingDown &&
  !hearsStranger(state, settings) &&
  !lacksData(state, settings);

/** Whether this node could take the role and do well. */
export const isEligible: Condition = (state, settings) =>
  isWilling(state, settings) &&
  isFit(state, settings) &&
  state.carrier.lan.up &&
  !within(state, state.failedAt, settings.retryMs) &&
  (state.standbyUntil === undefined || state.now >= state.standbyUntil) &&
  (state.unfitUntil === undefined || state.now >= state.unfitUntil);
