import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";

/** A sentence about the facts that is true or not. Named so that a diagnosis reads as the operator would say it. */
export type Condition = (state: HaState, settings: HaSettings) => boolean;
