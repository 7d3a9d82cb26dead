import { ADDRESSES, NODES, SHARED_ADDRESS } from "./names.ts";
import type { Lab, NodeName } from "./names.ts";
import { enter, leaderOf } from "./node.ts";
import { renderTable } from "./table.ts";

/** What runs in the lab, and what each node says of its own role. */
export const statusTable = async (lab: Lab): Promise<string> =>
  renderTable(
    ["node", "power", "system", "role", "LAN", "crosslink", "shared address"],
    await Promise.all(NODES.map((node) => rowOf(lab, node))),
  );

const rowOf = async (lab: Lab, node: NodeName): Promise<readonly string[]> => {
  const { lan, crosslink } = ADDRESSES[node];
  if (leaderOf(lab, node) === undefined) return [node, "off", "-", "-", lan, crosslink, "-"];
  const [system, role, addresses] = await Promise.all([
    enter(lab, node, ["systemctl", "is-system-running"]),
    enter(lab, node, ["ngcp-check-active", "-v"]),
    enter(lab, node, ["ip", "-o", "addr", "show", "dev", "eth0"]),
  ]);
  return [
    node,
    "on",
    system.stdout.trim(),
    role.stdout.trim() === "" ? "-" : role.stdout.trim(),
    lan,
    crosslink,
    addresses.stdout.includes(` ${SHARED_ADDRESS}/`) ? "held" : "-",
  ];
};
