import type { Effect } from "../core/effect.ts";

type EffectOf<Kind extends Effect["kind"]> = {
  [K in Kind]: Extract<Effect, { kind: K }> & { readonly kind: K };
}[Kind];

/** What is done about each kind of effect: begun, not waited for. A kind that is left out does not compile. */
export type Performers = {
  readonly [Kind in Effect["kind"]]: (effect: EffectOf<Kind>) => void;
};

export const perform = <Kind extends Effect["kind"]>(
  performers: Performers,
  effect: EffectOf<Kind>,
): void => performers[effect.kind](effect);
