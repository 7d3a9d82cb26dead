import path from "node:path";

export type NodeName = "sp1" | "sp2";

export const NODES: readonly NodeName[] = ["sp1", "sp2"];

export const otherNode = (node: NodeName): NodeName => (node === "sp1" ? "sp2" : "sp1");

export type Link = "lan" | "crosslink";

interface NodeAddresses {
  readonly lan: string;
  readonly lan6: string;
  readonly crosslink: string;
  /** A machine keeps its hardware addresses over a power cut, so a node of the lab does too. */
  readonly lanMac: string;
  readonly crosslinkMac: string;
}

export const ADDRESSES: Readonly<Record<NodeName, NodeAddresses>> = {
  sp1: {
    lan: "192.0.2.11",
    lan6: "2001:db8::11",
    crosslink: "192.168.255.251",
    lanMac: "02:00:00:00:00:11",
    crosslinkMac: "02:00:00:00:01:11",
  },
  sp2: {
    lan: "192.0.2.12",
    lan6: "2001:db8::12",
    crosslink: "192.168.255.252",
    lanMac: "02:00:00:00:00:12",
    crosslinkMac: "02:00:00:00:01:12",
  },
};

export const SHARED_ADDRESS = "192.0.2.10";
export const PING_NODES: readonly string[] = ["192.0.2.1", "192.0.2.2"];
export const LOAD_ADDRESS = "192.0.2.100";
export const PHONE_ADDRESSES: readonly string[] = ["192.0.2.101", "192.0.2.102"];
/** The phone that registers over TLS. */
export const TLS_PHONE_ADDRESS = "192.0.2.103";
/** A home network: its router's address in the LAN, which all the LAN sees of it, and its own addresses. */
export const HOME = { outside: "192.0.2.200", router: "10.64.0.1", phone: "10.64.0.2" } as const;

/** Everything on the machine that belongs to one lab carries its name, so that labs do not meet. */
export interface Lab {
  readonly name: string;
  /** The node disks, the state and the logs. */
  readonly directory: string;
}

const LAB_NAME = /^[a-z][a-z0-9]{0,9}$/;

export const labOf = (environment: NodeJS.ProcessEnv): Lab => {
  const name = environment["TANDEM_LAB"] ?? "tandem";
  if (!LAB_NAME.test(name))
    throw new Error(`TANDEM_LAB is ${name}: a lower-case name of at most 10 letters is needed`);
  const cache = environment["TANDEM_CACHE"] ?? "/var/cache/tandem";
  return { name, directory: path.join(cache, "labs", name) };
};

/**
 * What has a namespace beside the nodes: the LAN's switch, the phones, a home network and its router, and a machine that
 * does not belong there.
 */
export type Place = "switch" | "phones" | "home" | "router" | "stranger";

/** The namespace of a node or of another place. */
export const namespaceOf = (lab: Lab, place: NodeName | Place): string => `${lab.name}-${place}`;

export const namespacePath = (lab: Lab, place: NodeName | Place): string =>
  `/run/netns/${namespaceOf(lab, place)}`;

/** The socket in the switch, or in the crosslink's wire, that a node's cable is plugged into. */
export const portOf = (node: NodeName, link: Link): string => `${node}-${link}`;
