import { BlockList, isIPv4 } from "node:net";
import { canonical, type Broken } from "./config-rules.ts";
import type { Network, NetworkHost, NetworkInterface } from "./network.ts";
import type { Path } from "./problem.ts";

const at = (host: NetworkHost, ...rest: Path): Path => ["hosts", host.name, ...rest];

const peerRule = (host: NetworkHost): Broken[] => {
  const other = host.name === "sp1" ? "sp2" : "sp1";
  return host.peer === other
    ? []
    : [{ path: at(host, "peer"), sentence: `is ${host.peer}; allowed: ${other}` }];
};

export const withType = (host: NetworkHost, type: string): readonly NetworkInterface[] =>
  host.nets.filter((net) => (net.type as readonly string[]).includes(type));

const typeRule = (host: NetworkHost): Broken[] => {
  const exactlyOne = (type: string, what: string): Broken[] => {
    const found = withType(host, type).map(({ device }) => device);
    if (found.length === 1) return [];
    const sentence =
      found.length === 0
        ? `no interface has the type ${type}, which marks ${what}`
        : `${found.join(" and ")} both have the type ${type}, which marks ${what}`;
    return [{ path: at(host, "interfaces"), sentence }];
  };
  const lan = withType(host, "sip_ext").map(({ device }) => device);
  return [
    ...exactlyOne("sip_ext", "the LAN"),
    ...exactlyOne("ha_int", "the crosslink"),
    ...withType(host, "ha_int")
      .filter(({ device }) => lan.includes(device))
      .map(({ device }) => ({
        path: at(host, device, "type"),
        sentence: "is LAN and crosslink at once; two links are needed, or one cut cable ends both",
      })),
    ...withType(host, "rtp_ext")
      .filter(({ device }) => !lan.includes(device))
      .map(({ device }) => ({
        path: at(host, device, "type"),
        sentence: "holds rtp_ext without sip_ext; media is relayed on the LAN of the SIP service",
      })),
  ];
};

const isLinked = (net: NetworkInterface): boolean =>
  net.type.includes("sip_ext") || net.type.includes("ha_int");

const inNet = (address: string, net: string, prefix: number): boolean => {
  const family = isIPv4(net) ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(net, prefix, family);
  return list.check(address, family);
};

const isLinkLocal = (address: string): boolean => inNet(address, "fe80::", 10);

const ownAddressRule = (host: NetworkHost, net: NetworkInterface): Broken[] => {
  const missing = (key: string, why: string): Broken => ({
    path: at(host, net.device, key),
    sentence: `is missing; ${why}`,
  });
  const shares = net.shared_ip.length > 0;
  return [
    ...(typeof net.ip !== "string" && (shares || (isLinked(net) && typeof net.v6ip !== "string"))
      ? [missing("ip", "the node needs an address of its own here")]
      : []),
    ...(typeof net.ip === "string" && net.netmask === undefined
      ? [missing("netmask", "allowed: a netmask like 255.255.255.0, or a prefix length")]
      : []),
    ...(typeof net.v6ip !== "string" && net.shared_v6ip.length > 0
      ? [missing("v6ip", "the node needs an IPv6 address of its own beside the shared one")]
      : []),
  ];
};

/** Its services are told an address, and not the link that a link-local one is good on. */
const linkLocalRule = (host: NetworkHost, net: NetworkInterface): Broken[] =>
  typeof net.v6ip === "string" && isLinked(net) && isLinkLocal(net.v6ip)
    ? [
        {
          path: at(host, net.device, "v6ip"),
          sentence: `${net.v6ip} is good on one link alone; allowed: an address that is not below fe80::/10`,
        },
      ]
    : [];

const sharedAddressRule = (host: NetworkHost, net: NetworkInterface): Broken[] => {
  const outside = (
    key: string,
    own: unknown,
    prefix: number | undefined,
    list: readonly string[],
  ) =>
    typeof own !== "string" || prefix === undefined
      ? []
      : list.flatMap((address, index) =>
          inNet(address, own, prefix)
            ? []
            : [
                {
                  path: at(host, net.device, key, index),
                  sentence: `${address} is outside the net of ${net.device}, ${own}/${prefix}`,
                },
              ],
        );
  return [
    ...outside("shared_ip", net.ip, net.netmask, net.shared_ip),
    ...outside("shared_v6ip", net.v6ip, net.v6netmask, net.shared_v6ip),
  ];
};

export interface Used {
  readonly address: string;
  readonly path: Path;
  readonly shared: boolean;
}

/** The addresses of a node, those that move among them. */
export const usedBy = (host: NetworkHost): readonly Used[] =>
  host.nets
    .filter(({ device }) => device !== "lo")
    .flatMap((net) => {
      const own = (key: string, value: unknown): Used[] =>
        typeof value === "string"
          ? [{ address: canonical(value), path: at(host, net.device, key), shared: false }]
          : [];
      const shared = (key: string, values: readonly string[]): Used[] =>
        values.map((value, index) => ({
          address: canonical(value),
          path: at(host, net.device, key, index),
          shared: true,
        }));
      return [
        ...own("ip", net.ip),
        ...own("v6ip", net.v6ip),
        ...shared("shared_ip", net.shared_ip),
        ...shared("shared_v6ip", net.shared_v6ip),
      ];
    });

export const pathText = (path: Path): string =>
  path.filter((step) => typeof step === "string").join(".");

const uniqueRule = (network: Network): Broken[] => {
  const all = [...usedBy(network.sp1), ...usedBy(network.sp2)];
  const sameShared = (a: Used, b: Used): boolean => a.shared && b.shared && a.path[1] !== b.path[1];
  return all.flatMap((used, index) => {
    const first = all
      .slice(0, index)
      .find((other) => other.address === used.address && !sameShared(other, used));
    return first === undefined
      ? []
      : [
          {
            path: used.path,
            sentence: `${used.address} is used by ${pathText(first.path)} already`,
          },
        ];
  });
};

const sharedBy = (host: NetworkHost, type: string): string =>
  withType(host, type)
    .flatMap((net) => [...net.shared_ip, ...net.shared_v6ip].map(canonical))
    .sort()
    .join(", ");

const familyOn = (host: NetworkHost, type: string): string | undefined => {
  const [net] = withType(host, type);
  if (typeof net?.ip === "string") return "IPv4";
  return typeof net?.v6ip === "string" ? "IPv6" : undefined;
};

/** The nodes speak to each other at their IPv4 addresses, or where they have none at their IPv6 addresses. */
const sameFamilyRule = ({ sp1, sp2 }: Network): Broken[] =>
  ["sip_ext", "ha_int"].flatMap((type) => {
    const [here, there] = [familyOn(sp2, type), familyOn(sp1, type)];
    const [net] = withType(sp2, type);
    if (net === undefined || here === undefined || there === undefined || here === there) return [];
    const sentence = `sp2 has an ${here} address here and sp1 an ${there} address; both must have one of the same kind`;
    return [{ path: at(sp2, net.device, here === "IPv4" ? "ip" : "v6ip"), sentence }];
  });

const sameOnBothRule = ({ sp1, sp2 }: Network): Broken[] => [
  ...(sp1.dbnode === sp2.dbnode
    ? [{ path: at(sp2, "dbnode"), sentence: `is ${sp2.dbnode} on both nodes; allowed: 1 and 2` }]
    : []),
  ...["sip_ext", "ha_int"].flatMap((type) => {
    const here = sharedBy(sp2, type);
    const there = sharedBy(sp1, type);
    const [net] = withType(sp2, type);
    return here === there || net === undefined
      ? []
      : [
          {
            path: at(sp2, net.device, "shared_ip"),
            sentence: `the shared addresses are ${here || "none"}, but ${there || "none"} on sp1; they must be the same`,
          },
        ];
  }),
];

/** Relations within network.yml. */
export const brokenInNetwork = (network: Network): readonly Broken[] => [
  ...[network.sp1, network.sp2].flatMap((host) => [
    ...peerRule(host),
    ...typeRule(host),
    ...host.nets.flatMap((net) =>
      [ownAddressRule, linkLocalRule, sharedAddressRule].flatMap((rule) => rule(host, net)),
    ),
  ]),
  ...uniqueRule(network),
  ...sameFamilyRule(network),
  ...sameOnBothRule(network),
];
