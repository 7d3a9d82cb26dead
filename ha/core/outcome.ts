import type { Effect } from "./effect.ts";
import type { HaState } from "./state.ts";

/** A state and what must be done about it, in order. */
export interface Outcome {
  readonly state: HaState;
  readonly effects: readonly Effect[];
}

export const outcome = (state: HaState, ...effects: readonly Effect[]): Outcome => ({
  state,
  effects,
});

/** Goes on with `next` and keeps the effects so far in front. */
export const then = (before: Outcome, next: (state: HaState) => Outcome): Outcome => {
  const result = next(before.state);
  if (before.effects.length === 0) return result;
  return result.effects.length === 0
    ? { state: result.state, effects: before.effects }
    : { state: result.state, effects: [...before.effects, ...result.effects] };
};
