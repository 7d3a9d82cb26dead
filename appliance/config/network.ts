import { z } from "zod";
import { onBoth } from "./on-both.ts";
import {
  deviceName,
  hardwareAddress,
  ipAddress,
  ipv4,
  ipv6,
  listOf,
  oneOf,
  oneOrMany,
  section,
  wholeNumber,
} from "./values.ts";

const INTERFACE_TYPES = [
  "web_ext",
  "web_int",
  "sip_ext",
  "sip_int",
  "rtp_ext",
  "rtp_int",
  "ssh_ext",
  "mon_ext",
  "api_int",
  "aux_ext",
  "ha_int",
  "boot_int",
  "stor_int",
] as const;

const ROLES = ["proxy", "lb", "mgmt", "rtp", "db", "li", "li_dist", "storage"] as const;

/** `255.255.255.0` as 24; anything else as it is. */
const prefixOfMask = (value: unknown): unknown => {
  if (typeof value !== "string" || !value.includes(".")) return value;
  const bits = value
    .split(".")
    .map((byte) => Number(byte).toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(bits) && bits.length === 32 ? bits.lastIndexOf("1") + 1 : value;
};

const prefix4 = wholeNumber({
  min: 1,
  max: 32,
  allowed: "a netmask like 255.255.255.0, or a prefix length from 1 to 32",
});
const prefix6 = wholeNumber({ min: 1, max: 128, allowed: "a prefix length from 1 to 128" });

export const interfaceSchema = section({
  ip: onBoth(
    ipv4().nullish().describe("The node's own address, configured outside this framework"),
  ),
  netmask: onBoth(
    z
      .preprocess(prefixOfMask, prefix4.optional())
      .optional()
      .describe("Netmask like 255.255.255.0, or prefix length"),
  ),
  v6ip: ipv6().nullish().describe("The node's own IPv6 address"),
  v6netmask: onBoth(prefix6.default(64).describe("Prefix length of the IPv6 addresses")),
  gateway: ipv4()
    .nullish()
    .describe("Router; routes are configured outside, see ha.pingnodes_add_gw"),
  v6gateway: ipv6()
    .nullish()
    .describe("Router; routes are configured outside, see ha.pingnodes_add_gw"),
  dns_nameservers: oneOrMany(ipAddress()).describe(
    "Name servers; the resolver is configured outside, see ha.pingnodes_add_dns",
  ),
  shared_ip: onBoth(oneOrMany(ipv4()).describe("Addresses that move with the active role")),
  shared_v6ip: onBoth(oneOrMany(ipv6()).describe("IPv6 addresses that move with the active role")),
  advertised_ip: onBoth(
    oneOrMany(ipAddress()).describe("Public address in front of the shared one"),
  ),
  hwaddr: hardwareAddress().nullish().describe("Hardware address"),
  mtu: wholeNumber({ min: 576, max: 65_535, unit: "bytes" }).nullish().describe("Largest packet"),
  type: onBoth(
    listOf(oneOf(INTERFACE_TYPES))
      .default([])
      .describe(
        "What the interface is for: sip_ext is the LAN of the SIP service, ha_int the crosslink",
      ),
  ),
});

export const HOST_SHAPE = {
  peer: onBoth(oneOf(["sp1", "sp2"]).describe("The other node")),
  status: oneOf(["online", "offline", "inactive"])
    .default("online")
    .describe("Told for the reader: a node that is to stay out of service is held with its tools"),
  dbnode: onBoth(wholeNumber({ min: 1, max: 2 }).describe("1 or 2, different on the two nodes")),
  role: listOf(oneOf(ROLES))
    .default(["proxy", "lb", "mgmt", "rtp", "db"])
    .describe("What the node is there for; in a pair both are for everything"),
  interfaces: listOf(deviceName()).describe("Names of the interfaces that are described below"),
};

const hostSchema = section(HOST_SHAPE);

export type NetworkInterface = z.output<typeof interfaceSchema> & { readonly device: string };

export interface NetworkHost extends z.output<typeof hostSchema> {
  readonly name: string;
  readonly nets: readonly NetworkInterface[];
}

export type NodeName = "sp1" | "sp2";

export type Network = Readonly<Record<NodeName, NetworkHost>>;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const entry = (value: unknown, name: string): unknown => (isMap(value) ? value[name] : undefined);

const namedInterfaces = (host: unknown): readonly string[] => {
  const named = entry(host, "interfaces");
  return Array.isArray(named)
    ? named.filter((name): name is string => typeof name === "string" && !(name in HOST_SHAPE))
    : [];
};

/** A host has one map for each of its interfaces, so what is allowed depends on what it names. */
const schemaOfHost = (host: unknown) =>
  section({
    ...HOST_SHAPE,
    ...Object.fromEntries(namedInterfaces(host).map((name) => [name, interfaceSchema])),
  });

const hostFrom = (name: string, host: unknown): NetworkHost => {
  const fixed = Object.fromEntries(Object.keys(HOST_SHAPE).map((key) => [key, entry(host, key)]));
  return {
    ...hostSchema.parse(fixed),
    name,
    nets: namedInterfaces(host).map((device) => ({
      ...interfaceSchema.parse(entry(host, device)),
      device,
    })),
  };
};

/** Reads the content of network.yml: what is wrong with it, or the two hosts. */
export const parseNetwork = (
  content: unknown,
):
  | { readonly network: Network; readonly issues?: undefined }
  | { readonly network?: undefined; readonly issues: readonly z.core.$ZodIssue[] } => {
  const hosts = entry(content, "hosts");
  const sp1 = entry(hosts, "sp1");
  const sp2 = entry(hosts, "sp2");
  const result = section({
    hosts: section({ sp1: schemaOfHost(sp1), sp2: schemaOfHost(sp2) }),
  }).safeParse(content);
  return result.success
    ? { network: { sp1: hostFrom("sp1", sp1), sp2: hostFrom("sp2", sp2) } }
    : { issues: result.error.issues };
};
