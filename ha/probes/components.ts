import { setTimeout as delay } from "node:timers/promises";
import type { Component, HealthProbe } from "../../components/component.ts";
import { withoutKernelTable } from "../../components/kernel-table.ts";
import { describe } from "../effects/describe.ts";
import type { UnitsPort, UnitState } from "../effects/ports.ts";
import type { ServicesWord } from "../effects/role-file.ts";
import type { Every } from "../rounds.ts";
import type { StorePings } from "./component-probe.ts";
import { askComponent } from "./component-probe.ts";
import type { ComponentFact } from "./fitness.ts";
import { Questions } from "./questions.ts";
import type { Unmonitored } from "./unmonitored.ts";

const ROUND_MS = 1_000;
/**
 * Between two questions to a component that is starting. What is up serves at once, whoever has asked it, and questions take
 * processor time from what starts (decision 0035).
 */
const READINESS_MS = 100;
/** A component that is starting is asked again after this time, whatever its descriptor says. */
const READINESS_TIMEOUT_MS = 200;
/** A store that runs and does not answer may be recovering or waiting for its disk: a restart would not help it. */
const STORE_RESTART_AFTER_MS = 20_000;
/** What has not answered since it was to start may still be starting: openServices waits for it. */
const START_GRACE_MS = 8_000;
/** A restart within this time that did not help counts as one in vain. */
const VAIN_WITHIN_MS = 60_000;
const RESTART_WITHIN_MS = 5_000;
const STATES_WITHIN_MS = 1_000;

const lacking = async ({ kernelTable }: Component): Promise<string> =>
  kernelTable === undefined ? "" : withoutKernelTable(kernelTable);

interface Health {
  asking: boolean;
  answered: boolean;
  failuresInRow: number;
  unansweredSince: number | undefined;
  restartedAt: number | undefined;
  restartedInVain: boolean;
  problem: string;
  /** What the journal was told since it came up. */
  saidWithout: string;
}

const unknownHealth = (): Health => ({
  asking: false,
  answered: false,
  failuresInRow: 0,
  unansweredSince: undefined,
  restartedAt: undefined,
  restartedInVain: false,
  problem: "not asked yet",
  saidWithout: "",
});

export interface ComponentsParts {
  readonly components: readonly Component[];
  readonly stores: StorePings;
  readonly units: Pick<UnitsPort, "states" | "restart">;
  readonly unmonitored: Unmonitored;
  /** The monotonic clock, milliseconds. */
  readonly now: () => number;
  readonly every: Every;
  readonly say: (sentence: string) => void;
}

/** What is known of one component, for the status. */
export interface ComponentView {
  readonly component: Component;
  readonly unitState: UnitState | undefined;
  readonly expected: boolean;
  readonly unmonitored: boolean;
  readonly answered: boolean;
  readonly problem: string;
  /** What it runs without; empty when it has all. */
  readonly without: string;
}

/** Asks the components that are to run here, restarts what does not answer, and knows what that helped. */
export class Components {
  readonly #parts: ComponentsParts;
  readonly #health = new Map<string, Health>();
  #services: ServicesWord;
  #servicesSince: number;
  readonly #questions = new Questions();

  constructor(parts: ComponentsParts, services: ServicesWord) {
    this.#parts = parts;
    this.#services = services;
    this.#servicesSince = parts.now();
  }

  start(): void {
    this.#parts.every(ROUND_MS, () => this.#round());
    this.#round();
  }

  /** What the services lane is about to bring about: whether the components of the active node are to run. */
  setServices(services: ServicesWord): void {
    if (services === this.#services) return;
    this.#services = services;
    this.#servicesSince = this.#parts.now();
    const active = this.#parts.components.filter(({ runsOn }) => runsOn === "active");
    for (const { name } of active) this.#health.delete(name);
    if (services === "closed") this.#forgetStopped(active);
  }

  /** A full /run is no reason to keep services open. */
  #forgetStopped(components: readonly Component[]): void {
    try {
      this.#parts.unmonitored.remove(components.map(({ name }) => name));
    } catch (error) {
      this.#parts.say(`the list of what an operator stopped is old: ${describe(error)}`);
    }
  }

  services(): ServicesWord {
    return this.#services;
  }

  /** The components of the active node, but for those that an operator stopped. */
  wantedOnActive(): readonly Component[] {
    return this.#parts.components.filter(
      ({ name, runsOn }) => runsOn === "active" && !this.#parts.unmonitored.has(name),
    );
  }

  /** Resolves when each of `components` has answered; ends with the reason of `signal`. */
  async untilReady(components: readonly Component[], signal: AbortSignal): Promise<void> {
    await Promise.all(components.map((component) => this.#untilAnswered(component, signal)));
  }

  facts(): readonly ComponentFact[] {
    const now = this.#parts.now();
    return this.#expected().map(({ name, runsOn }) => {
      const health = this.#healthOf(name);
      return {
        name,
        runsOn,
        unansweredMs: health.unansweredSince === undefined ? 0 : now - health.unansweredSince,
        restartedInVain: health.restartedInVain,
      };
    });
  }

  async views(): Promise<readonly ComponentView[]> {
    const unitStates = await this.#unitStates(this.#parts.components);
    const expected = new Set(this.#expected());
    const views = this.#parts.components.map(async (component) => {
      const { answered, problem } = this.#healthOf(component.name);
      return {
        without: await lacking(component),
        component,
        unitState: unitStates.get(component.unit),
        expected: expected.has(component),
        unmonitored: this.#parts.unmonitored.has(component.name),
        answered,
        problem,
      };
    });
    return Promise.all(views);
  }

  #expected(): readonly Component[] {
    return this.#parts.components.filter(
      ({ name, runsOn }) =>
        (runsOn === "both" || this.#services === "open") && !this.#parts.unmonitored.has(name),
    );
  }

  #healthOf(name: string): Health {
    const known = this.#health.get(name);
    if (known !== undefined) return known;
    const health = unknownHealth();
    this.#health.set(name, health);
    return health;
  }

  async #untilAnswered(component: Component, signal: AbortSignal): Promise<void> {
    const timeoutMs = Math.min(component.health.timeoutMs, READINESS_TIMEOUT_MS);
    for (;;) {
      signal.throwIfAborted();
      try {
        await this.#ask({ ...component.health, timeoutMs });
        return;
      } catch {
        await delay(READINESS_MS, undefined, { signal });
      }
    }
  }

  #ask(probe: HealthProbe): Promise<void> {
    return askComponent(probe, { ...this.#parts.stores, questions: this.#questions });
  }

  #round(): void {
    for (const component of this.#expected()) void this.#askOne(component);
  }

  /** Nothing of a unit while systemd does not answer. */
  async #unitStates(components: readonly Component[]): Promise<ReadonlyMap<string, UnitState>> {
    const names = components.map(({ unit }) => unit);
    try {
      return await this.#parts.units.states(names, AbortSignal.timeout(STATES_WITHIN_MS));
    } catch {
      return new Map();
    }
  }

  async #askOne(component: Component): Promise<void> {
    const health = this.#healthOf(component.name);
    if (health.asking) return;
    health.asking = true;
    const begunAt = this.#parts.now();
    try {
      await this.#ask(component.health);
      if (!health.answered) await this.#sayWhatIsLacking(component, health);
      Object.assign(health, {
        ...unknownHealth(),
        answered: true,
        restartedAt: health.restartedAt,
        saidWithout: health.saidWithout,
      });
    } catch (error) {
      health.answered = false;
      health.failuresInRow += 1;
      health.unansweredSince ??= begunAt;
      health.problem = describe(error);
      if (await this.#restartIsDue(component, health)) await this.#restart(component, health);
    }
    health.asking = false;
  }

  /** Once for each start, however often it fails to answer in between. */
  async #sayWhatIsLacking(component: Component, health: Health): Promise<void> {
    const without = await lacking(component);
    if (without !== "" && without !== health.saidWithout)
      this.#parts.say(`${component.name} runs in ${without}`);
    health.saidWithout = without;
  }

  async #restartIsDue(component: Component, health: Health): Promise<boolean> {
    if (health.failuresInRow < component.health.failures) return false;
    if (!this.#expected().includes(component) || this.#mayBeStarting(component, health))
      return false;
    const unitState = (await this.#unitStates([component])).get(component.unit);
    if (unitState === "activating" || unitState === "deactivating") return false;
    if (component.runsOn === "active" || unitState !== "active") return true;
    const since = health.unansweredSince ?? this.#parts.now();
    return this.#parts.now() - since >= STORE_RESTART_AFTER_MS;
  }

  /** After the services were opened, and after each restart. */
  #mayBeStarting({ runsOn }: Component, { restartedAt = 0 }: Health): boolean {
    const since = Math.max(this.#servicesSince, restartedAt);
    return runsOn === "active" && this.#parts.now() - since < START_GRACE_MS;
  }

  async #restart(component: Component, health: Health): Promise<void> {
    const { units, say, now } = this.#parts;
    const before = health.restartedAt;
    health.restartedInVain = before !== undefined && now() - before < VAIN_WITHIN_MS;
    health.restartedAt = now();
    health.failuresInRow = 0;
    health.saidWithout = "";
    say(`${component.name} does not answer and is restarted: ${health.problem}`);
    try {
      await units.restart([component.unit], AbortSignal.timeout(RESTART_WITHIN_MS));
    } catch (error) {
      say(describe(error));
    }
  }
}
