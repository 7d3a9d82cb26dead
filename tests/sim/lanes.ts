import type { Effect, Lane, PlanStep, RoleRecord } from "../../ha/core/effect.ts";
import type { HaEvent } from "../../ha/core/event.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";

export type RunStep = Extract<Effect, { kind: "runStep" }>;

type Untimed<Event> = Event extends unknown ? Omit<Event, "at"> : never;

/** An event before the daemon has given it its time. */
export type Happening = Untimed<HaEvent>;

/** What the lanes need of the daemon that runs them. */
export interface Runner {
  readonly machine: Machine;
  readonly random: Random;
  readonly post: (happening: Happening) => void;
  /** Runs `action` after a time of this machine's clock, unless the daemon has ended; once it wakes if it sleeps. */
  readonly timer: (localMs: number, action: () => void) => void;
  /** Runs `action` after a time whatever the daemon does: the kernel and the components work it off. */
  readonly outside: (localMs: number, action: () => void) => void;
  readonly fencePeer: () => void;
  /** What is to be on the disk besides the term of a claim. */
  readonly recordAsked: () => RoleRecord;
}

interface Course {
  readonly afterMs: number;
  readonly lands: boolean;
  readonly fails: boolean;
}

/** Shortest and longest, in milliseconds, while nothing is wrong. */
const USUAL: Readonly<Record<PlanStep["kind"], readonly [number, number]>> = {
  recordClaim: [1, 8],
  fencePeer: [100, 800],
  addSharedAddresses: [0.7, 6],
  removeSharedAddresses: [0.5, 5],
  prepareServices: [100, 700],
  openServices: [150, 900],
  closeServices: [50, 500],
};

const SLOW: Readonly<Record<Lane, readonly [number, number]>> = {
  address: [8, 40],
  services: [800, 2_500],
};

const STUCK: Readonly<Record<Lane, readonly [number, number]>> = {
  address: [60, 2_500],
  services: [3_000, 20_000],
};

/** How long the services lane waits for a step that did not end at its timeout. */
const ABANDON_AFTER_MS = 500;

const draw = ({ machine, random }: Runner, { lane, step }: RunStep): Course => {
  const stuck = machine.stuck[lane].isOn && random.chance(0.6);
  const slow = machine.slow[lane].isOn;
  const [least, most] = stuck ? STUCK[lane] : slow ? SLOW[lane] : USUAL[step.kind];
  const fails = machine.failing[lane].isOn && random.chance(0.5);
  return { afterMs: random.between(least, most), fails, lands: !fails || random.chance(0.3) };
};

const EFFECTS: Readonly<Record<PlanStep["kind"], (runner: Runner, step: PlanStep) => void>> = {
  recordClaim: ({ machine, recordAsked }, step) => {
    if (step.kind === "recordClaim") machine.save({ ...recordAsked(), term: step.term });
  },
  fencePeer: ({ fencePeer }) => fencePeer(),
  addSharedAddresses: ({ machine }) => machine.setHolds(true),
  removeSharedAddresses: ({ machine }) => machine.setHolds(false),
  prepareServices: ({ machine }) =>
    machine.setServices(machine.services === "open" ? "open" : "prepared"),
  openServices: ({ machine }) => machine.setServices("open"),
  closeServices: ({ machine }) => machine.setServices("closed"),
};

/**
 * The runner of the daemon, and the world that carries its steps out: one step at a time in each lane.
 * A step that does not end at its timeout is reported as failed and may land late. The address lane
 * waits for it all the same, the services lane for half a second more: what a component does after
 * that gives way to what it is asked next.
 */
export class Lanes {
  readonly #runner: Runner;
  readonly #running: Record<Lane, RunStep | undefined> = {
    address: undefined,
    services: undefined,
  };
  readonly #waiting: Record<Lane, RunStep | undefined> = {
    address: undefined,
    services: undefined,
  };
  #ended = false;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  run(step: RunStep): void {
    const { lane } = step;
    if (this.#running[lane] === undefined) {
      this.#begin(step);
      return;
    }
    const replaced = this.#waiting[lane];
    this.#waiting[lane] = step;
    if (replaced === undefined) return;
    this.#runner.post({
      kind: "stepFailed",
      id: replaced.id,
      reason: "a newer step took its place before it could begin",
    });
  }

  /** The kernel was asked to add the address and has not answered. */
  get mayStillAdd(): boolean {
    return this.#running.address?.step.kind === "addSharedAddresses";
  }

  /** The daemon died: what it had asked the kernel for is done at once or never. */
  end(): void {
    for (const step of Object.values(this.#running)) {
      if (step !== undefined && this.#runner.random.chance(0.5)) this.#land(step);
    }
    this.#ended = true;
  }

  #land({ step }: RunStep): void {
    if (!this.#ended) EFFECTS[step.kind](this.#runner, step);
  }

  #free(step: RunStep): void {
    const { lane } = step;
    if (this.#running[lane] !== step) return;
    const next = this.#waiting[lane];
    this.#running[lane] = undefined;
    this.#waiting[lane] = undefined;
    if (next !== undefined) this.#begin(next);
  }

  #begin(step: RunStep): void {
    const { post, timer, outside } = this.#runner;
    this.#running[step.lane] = step;
    const course = draw(this.#runner, step);
    let reported = false;
    const report = (happening: Happening): void => {
      if (!reported) post(happening);
      reported = true;
    };
    outside(course.afterMs, () => {
      if (course.lands && this.#running[step.lane] === step) this.#land(step);
      timer(0.1, () => {
        report(
          course.fails
            ? { kind: "stepFailed", id: step.id, reason: "it did not work" }
            : { kind: "stepSucceeded", id: step.id },
        );
        this.#free(step);
      });
    });
    timer(step.timeoutMs, () => {
      if (reported) return;
      report({
        kind: "stepFailed",
        id: step.id,
        reason: `${step.step.kind} was not done within ${step.timeoutMs} ms`,
      });
      if (step.lane === "services") timer(ABANDON_AFTER_MS, () => this.#free(step));
    });
  }
}
