import { COMPONENTS } from "../../components/index.ts";
import { dependents } from "../../components/graph.ts";
import { withoutKernelTable } from "../../components/kernel-table.ts";
import type { ComponentAnswer, ComponentStatus } from "../../ha/control/contract.ts";
import type { Desk } from "../tool.ts";
import type { ComponentAction } from "./control-port.ts";

const STATE_OF: Readonly<Record<string, ComponentStatus["state"]>> = {
  active: "running",
  activating: "starting",
  failed: "failed",
};

/** What systemd alone says of the components: running is all that it can vouch for, not health. */
export const summaryWithoutDaemon = async (desk: Desk): Promise<readonly ComponentStatus[]> => {
  const states = await desk.units.states(COMPONENTS.map(({ unit }) => unit));
  return Promise.all(
    COMPONENTS.map(async ({ name, unit, kernelTable }) => {
      const state = states.get(unit) ?? "unknown";
      const without =
        kernelTable === undefined || state !== "active"
          ? ""
          : await withoutKernelTable(kernelTable);
      const detail = [`systemd says ${state}`, without].filter((part) => part !== "").join("; ");
      return { name, unit, state: STATE_OF[state] ?? "stopped", detail };
    }),
  );
};

/**
 * Asks systemd alone. Whether a component of the active node may start here is then up to its unit, which
 * reads the role that the daemon wrote last; a unit that may not start stays inactive, and that is a refusal.
 */
export const actOnUnit = async (
  desk: Desk,
  component: ComponentStatus,
  action: ComponentAction,
): Promise<ComponentAnswer> => {
  const { name, unit } = component;
  const affected = action === "stop" ? dependents(COMPONENTS, name) : [];
  const needed = COMPONENTS.filter((other) => affected.includes(other.name));
  for (const dependant of affected) {
    const other = needed.find((candidate) => candidate.name === dependant);
    if (other !== undefined) await desk.units.stop(other.unit);
  }
  if (action === "stop") {
    await desk.units.stop(unit);
    return answer("done", `systemd stopped ${name}`, affected);
  }
  await desk.units[action](unit);
  if ((await desk.units.states([unit])).get(unit) === "active") {
    return answer("done", `systemd ${action}ed ${name}`, affected);
  }
  return answer(
    "refused",
    `systemd did not ${action} ${name}: this node is not the active one`,
    affected,
  );
};

const answer = (
  outcome: ComponentAnswer["outcome"],
  sentence: string,
  affected: readonly string[],
): ComponentAnswer => ({
  outcome,
  code: outcome === "done" ? null : "NGCP_COMPONENT_NOT_HERE",
  sentence,
  affected,
});
