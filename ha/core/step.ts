import { alarms } from "./alarms.ts";
import { answerCommand, receive } from "./command.ts";
import { isListening } from "./conditions.ts";
import { draftOf } from "./copy.ts";
import { decide } from "./decide.ts";
import type { Effect } from "./effect.ts";
import type { HaEvent } from "./event.ts";
import { advance } from "./lanes.ts";
import { observe, passTime } from "./observe.ts";
import type { Outcome } from "./outcome.ts";
import { outcome, then } from "./outcome.ts";
import { isQuiet } from "./quiet.ts";
import type { HaSettings } from "./settings.ts";
import { sayAgain, speak } from "./speech.ts";
import type { HaState } from "./state.ts";
import { announce, keepAddress, keepServices, leave, loosen, remember, suspect } from "./upkeep.ts";

/** A decision can make the next one due: promoting is complete, so active. Never more than a few. */
const ROUNDS = 6;

const decideAndAdvance = (state: HaState, settings: HaSettings, rounds: number): Outcome => {
  const decided = then(decide(state, settings), (next) => advance(next, settings));
  const settled =
    decided.state.role === state.role &&
    decided.state.plan?.number === state.plan?.number &&
    decided.state.plan?.done === state.plan?.done;
  return settled || rounds === 0
    ? decided
    : then(decided, (next) => decideAndAdvance(next, settings, rounds - 1));
};

const endWake = (state: HaState, settings: HaSettings): Outcome =>
  outcome(
    state.wokeAt === undefined || isListening(state, settings)
      ? state
      : { ...state, wokeAt: undefined },
  );

/** The record is asked for and the peer is told before anything is done: a claim is out before the address is added. */
const ORDER: Readonly<Partial<Record<Effect["kind"], number>>> = {
  saveRecord: 0,
  sendHeartbeat: 1,
};

const inOrder = (effects: readonly Effect[]): readonly Effect[] =>
  effects.length < 2
    ? effects
    : effects.toSorted((a, b) => (ORDER[a.kind] ?? 2) - (ORDER[b.kind] ?? 2));

/** Loses no decision: a node whose queue overran does not know what it missed, so it looks again as after a pause. */
const overrun = (state: HaState, event: HaEvent): HaState =>
  event.kind === "queueOverrun" ? { ...state, wokeAt: state.now } : state;

const lookedAt = (state: HaState): HaState => {
  const seen = draftOf(state);
  seen.decidedAt = state.now;
  return seen;
};

type Stage = (state: HaState, settings: HaSettings, event: HaEvent) => Outcome;

/** Everything that one event may bring about, in the order in which it is looked at. */
const STAGES: readonly Stage[] = [
  receive,
  suspect,
  (state, settings) => decideAndAdvance(state, settings, ROUNDS),
  keepAddress,
  keepServices,
  advance,
  endWake,
  remember,
  answerCommand,
  loosen,
  announce,
  alarms,
  speak,
  leave,
];

/**
 * What one node does about one event. Pure: the event's `at` is the only clock, and everything that
 * must happen outside is in `effects`, in the order in which it is to be done.
 */
export const step = (state: HaState, event: HaEvent, settings: HaSettings): Outcome => {
  const seen = overrun(observe(passTime(state, event.at, settings), event, settings), event);
  if (isQuiet(state, event, settings))
    return event.kind === "tick" ? sayAgain(seen, settings) : outcome(seen);
  const result = STAGES.reduce(
    (before, stage) => then(before, (current) => stage(current, settings, event)),
    outcome(lookedAt(seen)),
  );
  return { state: result.state, effects: inOrder(result.effects) };
};
