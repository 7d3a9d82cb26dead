import { NODES, otherNode } from "./names.ts";
import type { Lab, NodeName } from "./names.ts";
import { daemonStatus, roleOf } from "./node-status.ts";

export const activeNode = (lab: Lab): NodeName | undefined =>
  NODES.find((node) => roleOf(lab, node)?.role === "active");

/** The roles of both nodes, in words. */
export const rolesOf = (lab: Lab): string =>
  NODES.map((node) => `${node} ${roleOf(lab, node)?.role ?? "without a role"}`).join(", ");

/**
 * What keeps the pair from being in order: one active node with open services that answers, one standby in sync.
 *
 * @param answeredBy the node that answers at the shared address
 * @returns the first thing that is missing, in words; empty when nothing is
 */
export const disorderOf = async (lab: Lab, answeredBy: string): Promise<string> => {
  const active = activeNode(lab);
  if (active === undefined) return `nobody is active (${rolesOf(lab)})`;
  const standby = otherNode(active);
  if (roleOf(lab, standby)?.role !== "standby") return `there is no standby (${rolesOf(lab)})`;
  if (roleOf(lab, active)?.services !== "open") return `${active} has not opened its services`;
  if (answeredBy !== active) return `${active} does not answer`;
  const status = await daemonStatus(lab, standby);
  if (status === undefined) return `the daemon of ${standby} does not answer`;
  const behind = status.stores.find((store) => !store.inSync);
  return behind === undefined
    ? ""
    : `${behind.store} of ${standby} is not in sync: ${behind.detail}`;
};
