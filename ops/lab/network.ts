import { existsSync } from "node:fs";
import {
  ADDRESSES,
  LOAD_ADDRESS,
  namespaceOf,
  namespacePath,
  NODES,
  PHONE_ADDRESSES,
  PING_NODES,
  portOf,
  TLS_PHONE_ADDRESS,
} from "./names.ts";
import type { Lab, Link, NodeName } from "./names.ts";
import { CommandFailedError, run, runAny } from "./run.ts";

/**
 * A bridge without an address of its own takes the lowest of its ports', and so another one whenever a node is plugged in
 * or out: the ping nodes, which are addresses of the LAN's bridge, would be lost to everybody for some seconds.
 */
const BRIDGES = [
  { name: "lan", mac: "02:00:00:00:00:01" },
  { name: "crosslink", mac: "02:00:00:00:01:01" },
] as const;

/**
 * The wires of the lab. One namespace is the switch: it holds the LAN's bridge, which is the ping nodes as well, and the
 * crosslink's wire, a bridge with two ports. The wire is no veth pair from node to node, because the survivor's end of
 * such a pair would vanish together with the other node's namespace, as no network card ever does.
 */
export const buildNetwork = async (lab: Lab): Promise<void> => {
  const wires = namespaceOf(lab, "switch");
  const phones = namespaceOf(lab, "phones");
  if (existsSync(namespacePath(lab, "phones"))) return;
  await destroyNetwork(lab);
  for (const place of [wires, phones]) await addNamespace(place);
  await ipBatch(wires, [
    ...BRIDGES.flatMap(({ name, mac }) => [
      `link add name ${name} address ${mac} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      `link set ${name} up`,
    ]),
    ...PING_NODES.map((address) => `addr add ${address}/24 dev lan`),
    "addr add 2001:db8::1/64 dev lan nodad",
    `link add name phones type veth peer name eth0 netns ${phones}`,
    "link set phones master lan",
    "link set phones up",
  ]);
  await ipBatch(phones, [
    ...[LOAD_ADDRESS, ...PHONE_ADDRESSES, TLS_PHONE_ADDRESS].map(
      (address) => `addr add ${address}/24 dev eth0`,
    ),
    "addr add 2001:db8::100/64 dev eth0 nodad",
    "link set eth0 up",
  ]);
};

/** A machine's network cards, cabled to the switch and to the crosslink. Done anew at every boot. */
export const plugIn = async (lab: Lab, node: NodeName): Promise<void> => {
  const place = namespaceOf(lab, node);
  await addNamespace(place);
  const { lanMac, crosslinkMac } = ADDRESSES[node];
  await ipBatch(namespaceOf(lab, "switch"), [
    `link add name ${portOf(node, "lan")} type veth peer name eth0 address ${lanMac} netns ${place}`,
    `link add name ${portOf(node, "crosslink")} type veth peer name eth1 address ${crosslinkMac} netns ${place}`,
    `link set ${portOf(node, "lan")} master lan`,
    `link set ${portOf(node, "crosslink")} master crosslink`,
  ]);
};

export interface Port {
  readonly node: NodeName;
  readonly link: Link;
}

/**
 * Sets ports of the switch up or down in one batch: the node at the other end gains or loses carrier. The port of a
 * machine without power is not there and is passed over: to look first would not do, because both machines may be
 * powered on or off at the same time.
 *
 * @throws {CommandFailedError} when a port that is there cannot be set
 */
export const setPorts = async (
  lab: Lab,
  ports: readonly Port[],
  state: "up" | "down",
): Promise<void> => {
  const command = ["ip", "-force", "-n", namespaceOf(lab, "switch"), "-batch", "-"];
  const lines = ports.map(({ node, link }) => `link set ${portOf(node, link)} ${state}\n`);
  const outcome = await runAny(command, { input: lines.join("") });
  const complaints = outcome.stderr.split("\n").filter((line) => !NO_SUCH_PORT.test(line));
  if (complaints.length > 0) throw new CommandFailedError(command, outcome);
};

/** What ip says of a port that is not there: the complaint, and which line of the batch it is about. */
const NO_SUCH_PORT = /^(Cannot find device "[^"]*"|Command failed -:\d+|)$/;

/** A machine's network goes, at both ends at once: the kernel takes a namespace apart in its own time. */
export const unplug = async (lab: Lab, node: NodeName): Promise<void> => {
  const wires = namespaceOf(lab, "switch");
  for (const link of ["lan", "crosslink"] as const)
    // What is not there needs no removal.
    await runAny(["ip", "-n", wires, "link", "del", portOf(node, link)]);
  if (existsSync(namespacePath(lab, node)))
    await run(["ip", "netns", "del", namespaceOf(lab, node)]);
};

export const destroyNetwork = async (lab: Lab): Promise<void> => {
  for (const place of [...NODES, "stranger", "home", "router", "phones", "switch"] as const)
    if (existsSync(namespacePath(lab, place)))
      await run(["ip", "netns", "del", namespaceOf(lab, place)]);
};

/** Runs ip's commands in one process, in one namespace, so that they follow each other within a millisecond. */
export const ipBatch = async (namespace: string, commands: readonly string[]): Promise<void> => {
  await run(["ip", "-n", namespace, "-batch", "-"], { input: `${commands.join("\n")}\n` });
};

export const addNamespace = async (name: string): Promise<void> => {
  await run(["ip", "netns", "add", name]);
  await ipBatch(name, ["link set lo up"]);
};
