import type { ComponentStatus } from "../../ha/control/contract.ts";
import { COMPONENTS } from "../../components/index.ts";
import type { Desk } from "../tool.ts";

const STATE_OF: Readonly<Record<string, ComponentStatus["state"]>> = {
  active: "running",
  activating: "starting",
  failed: "failed",
};

/** What systemd alone says of the components: running is all that it can vouch for, not health. */
export const summaryWithoutDaemon = async (desk: Desk): Promise<readonly ComponentStatus[]> => {
  const states = await desk.units.states(COMPONENTS.map(({ unit }) => unit));
  return COMPONENTS.map(({ name, unit }) => {
    const state = states.get(unit) ?? "unknown";
    return { name, unit, state: STATE_OF[state] ?? "stopped", detail: `systemd says ${state}` };
  });
};
