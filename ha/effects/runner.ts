import type { Effect, Lane, PlanStep } from "../core/effect.ts";
import type { StepId } from "../core/event.ts";
import { describe } from "./describe.ts";

type RunStep = Extract<Effect, { kind: "runStep" }>;

export type StepSettled =
  | { readonly kind: "stepSucceeded"; readonly id: StepId }
  | { readonly kind: "stepFailed"; readonly id: StepId; readonly reason: string };

type StepOf<Kind extends PlanStep["kind"]> = {
  [K in Kind]: Extract<PlanStep, { kind: K }> & { readonly kind: K };
}[Kind];

/** One handler for each kind of step: a kind without a handler does not compile. */
export type StepHandlers = {
  readonly [Kind in PlanStep["kind"]]: (step: StepOf<Kind>, signal: AbortSignal) => Promise<void>;
};

const handle = <Kind extends PlanStep["kind"]>(
  handlers: StepHandlers,
  step: StepOf<Kind>,
  signal: AbortSignal,
): Promise<void> => handlers[step.kind](step, signal);

/** Resolves with a failure when `signal` fires, whatever the handler does. */
const overrun = (step: RunStep, signal: AbortSignal): Promise<StepSettled> =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () =>
      resolve({
        kind: "stepFailed",
        id: step.id,
        reason: `${step.step.kind} was not done within ${step.timeoutMs} ms`,
      }),
    );
  });

/**
 * How long the services lane waits for a handler that has not ended at its timeout before the next step
 * begins all the same. The address lane waits without end: an address added after it was to be removed
 * makes two holders, and a release that cannot begin in time fences the node by the deadline of the core.
 */
const ABANDON_AFTER_MS: Readonly<Record<Lane, number | undefined>> = {
  address: undefined,
  services: 500,
};

export interface Runner {
  run(step: RunStep): void;
  /** True while the kernel has been asked to add the addresses and has not answered: it may do so yet. */
  readonly mayStillAdd: () => boolean;
}

/** Runs the steps, one at a time in each lane, and posts how each one ended. A failure is news, never an exception. */
export const createRunner = (
  handlers: StepHandlers,
  post: (settled: StepSettled) => void,
): Runner => {
  const running: Record<Lane, RunStep | undefined> = { address: undefined, services: undefined };
  const waiting: Record<Lane, RunStep | undefined> = { address: undefined, services: undefined };

  const free = (step: RunStep): void => {
    if (running[step.lane] !== step) return;
    const next = waiting[step.lane];
    running[step.lane] = undefined;
    waiting[step.lane] = undefined;
    if (next !== undefined) begin(next);
  };

  const begin = (step: RunStep): void => {
    running[step.lane] = step;
    const signal = AbortSignal.timeout(step.timeoutMs);
    const settled = handle(handlers, step.step, signal).then(
      (): StepSettled => ({ kind: "stepSucceeded", id: step.id }),
      (error: unknown): StepSettled => ({
        kind: "stepFailed",
        id: step.id,
        reason: describe(error),
      }),
    );
    const reported = Promise.race([settled, overrun(step, signal)]);
    void settled.then(() => free(step));
    void reported.then((result) => {
      const abandonAfterMs = ABANDON_AFTER_MS[step.lane];
      if (signal.aborted && abandonAfterMs !== undefined)
        setTimeout(() => free(step), abandonAfterMs);
      post(result);
    });
  };

  return {
    run: (step) => {
      if (running[step.lane] === undefined) {
        begin(step);
        return;
      }
      const replaced = waiting[step.lane];
      waiting[step.lane] = step;
      if (replaced !== undefined)
        post({
          kind: "stepFailed",
          id: replaced.id,
          reason: "a newer step took its place before it could begin",
        });
    },
    mayStillAdd: () => running.address?.step.kind === "addSharedAddresses",
  };
};
