import type { NodeName } from "../../../ops/lab/names.ts";
import { ExpectationError } from "./expectation-error.ts";
import type { Faults } from "./faults.ts";
import { within } from "../../../ops/lab/waiting.ts";

/** The services of the nodes as their systemd sees them. */
export class Units {
  readonly #faults: Faults;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** 0 when the unit does not run. */
  async mainPid(node: NodeName, unit: string): Promise<number> {
    const show = ["systemctl", "show", "--property=MainPID", "--value", unit];
    return Number(await this.#faults.must(node, show));
  }

  async mainPids(node: NodeName, units: readonly string[]): Promise<readonly number[]> {
    return await Promise.all(units.map((unit) => this.mainPid(node, unit)));
  }

  /** Another process has taken the place of `before`, or none any more. */
  async replaced(
    node: NodeName,
    unit: string,
    before: number,
    { withinMs }: { withinMs: number },
  ): Promise<void> {
    const inTime = await within(withinMs, async () => (await this.mainPid(node, unit)) !== before);
    if (!inTime) throw new ExpectationError(`${unit} still is process ${before} on ${node}`);
  }

  /** Each unit is the same process as before. */
  async untouched(
    node: NodeName,
    units: readonly string[],
    before: readonly number[],
  ): Promise<void> {
    const now = await this.mainPids(node, units);
    const restarted = units.filter((_, index) => now[index] !== before[index]);
    if (restarted.length > 0)
      throw new ExpectationError(`${restarted.join(" and ")} of ${node} were restarted`);
  }
}
