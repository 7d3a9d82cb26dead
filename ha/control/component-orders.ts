import type { Component } from "../../components/component.ts";
import { dependents } from "../../components/graph.ts";
import { describe } from "../effects/describe.ts";
import type { UnitsPort } from "../effects/ports.ts";
import type { Components } from "../probes/components.ts";
import type { Unmonitored } from "../probes/unmonitored.ts";
import type { ComponentAnswer } from "./contract.ts";

export const COMPONENT_ACTIONS = ["start", "stop", "restart"] as const;
export type ComponentAction = (typeof COMPONENT_ACTIONS)[number];

const STOP_WITHIN_MS = 15_000;
const READY_WITHIN_MS = 20_000;

export interface OrderParts {
  readonly components: readonly Component[];
  readonly watch: Pick<Components, "services" | "untilReady">;
  readonly units: Pick<UnitsPort, "start" | "stop">;
  readonly unmonitored: Unmonitored;
}

const refused = (code: string, sentence: string): ComponentAnswer => ({
  outcome: "refused",
  code,
  sentence,
  affected: [],
});

const failed = (sentence: string, affected: readonly string[]): ComponentAnswer => ({
  outcome: "failed",
  code: "NGCP_COMPONENT_FAILED",
  sentence,
  affected,
});

const listed = (names: readonly string[]): string => names.join(", ");

/** Starts and stops single components for an operator: with what depends on them, and on the right node only. */
export class ComponentOrders {
  readonly #parts: OrderParts;

  constructor(parts: OrderParts) {
    this.#parts = parts;
  }

  /** Carries an order out and tells how it ended; it does not throw. */
  async carryOut(name: string, action: ComponentAction): Promise<ComponentAnswer> {
    const component = this.#parts.components.find((known) => known.name === name);
    if (component === undefined)
      return refused(
        "NGCP_COMPONENT_UNKNOWN",
        `there is no component ${name}; there are ${listed(this.#parts.components.map((known) => known.name).sort())}`,
      );
    if (!this.#runsHere(component))
      return refused(
        "NGCP_COMPONENT_NOT_HERE",
        `${name} runs on the active node only, and this node is not active`,
      );
    switch (action) {
      case "start":
        return this.#start(component);
      case "stop":
        return this.#stop(component);
      case "restart":
        return this.#restart(component);
    }
  }

  #runsHere(component: Component): boolean {
    return component.runsOn === "both" || this.#parts.watch.services() === "open";
  }

  #named(names: readonly string[]): readonly Component[] {
    return this.#parts.components.filter(({ name }) => names.includes(name));
  }

  async #stop(component: Component): Promise<ComponentAnswer> {
    const { components, units, unmonitored } = this.#parts;
    const affected = dependents(components, component.name).filter(
      (name) => !unmonitored.has(name) && this.#named([name]).every((one) => this.#runsHere(one)),
    );
    unmonitored.add([component.name, ...affected], component.name);
    const signal = AbortSignal.timeout(STOP_WITHIN_MS);
    try {
      for (const name of affected) await units.stop(unitsOf(this.#named([name])), signal);
      await units.stop([component.unit], signal);
    } catch (error) {
      return failed(`${component.name} could not be stopped: ${describe(error)}`, affected);
    }
    return done(component.name, "stopped and not monitored", affected);
  }

  /** What was stopped along with the component starts along with it. */
  async #start(component: Component): Promise<ComponentAnswer> {
    const { unmonitored } = this.#parts;
    const affected = unmonitored
      .stoppedFor(component.name)
      .filter((name) => name !== component.name);
    const waitsFor = component.dependsOn.filter((name) => unmonitored.has(name));
    if (waitsFor.length > 0)
      return refused(
        "NGCP_COMPONENT_NEEDS_OTHERS",
        `${component.name} needs ${listed(waitsFor)}, stopped by an operator: start that first`,
      );
    return this.#startInOrder([[component], this.#named(affected)], affected);
  }

  async #startInOrder(
    levels: readonly (readonly Component[])[],
    affected: readonly string[],
  ): Promise<ComponentAnswer> {
    const { units, unmonitored, watch } = this.#parts;
    const [first] = levels[0] ?? [];
    const signal = AbortSignal.timeout(READY_WITHIN_MS);
    unmonitored.remove(levels.flat().map(({ name }) => name));
    try {
      for (const level of levels) {
        await units.start(unitsOf(level), signal);
        await watch.untilReady(level, signal);
      }
    } catch (error) {
      return failed(`${first?.name ?? ""} did not start: ${describe(error)}`, affected);
    }
    return done(first?.name ?? "", "running", affected);
  }

  async #restart(component: Component): Promise<ComponentAnswer> {
    const { units, unmonitored, watch } = this.#parts;
    const signal = AbortSignal.timeout(READY_WITHIN_MS);
    unmonitored.remove([component.name]);
    try {
      // One after the other: the old process would still answer the probe of a restart that has not begun.
      await units.stop([component.unit], signal);
      await units.start([component.unit], signal);
      await watch.untilReady([component], signal);
    } catch (error) {
      return failed(`${component.name} did not restart: ${describe(error)}`, []);
    }
    return done(component.name, "running again", []);
  }
}

const unitsOf = (components: readonly Component[]): readonly string[] =>
  components.map(({ unit }) => unit);

const done = (name: string, what: string, affected: readonly string[]): ComponentAnswer => ({
  outcome: "done",
  code: null,
  sentence:
    affected.length === 0
      ? `${name} is ${what}`
      : `${name} is ${what}, and with it what depends on it: ${listed(affected)}`,
  affected,
});
