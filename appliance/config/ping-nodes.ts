import { canonical, pingNodesOf, type Broken } from "./config-rules.ts";
import type { Network, NetworkHost, NetworkInterface } from "./network.ts";
import { pathText, usedBy, withType } from "./network-rules.ts";
import type { Config } from "./schema.ts";

/** Hosts of the LAN that network.yml names for other ends, and that can be ping nodes too. */
const ADDED = [
  {
    key: "pingnodes_add_gw",
    what: "gateway",
    of: ({ gateway, v6gateway }: NetworkInterface) => [gateway, v6gateway],
  },
  {
    key: "pingnodes_add_dns",
    what: "name server",
    of: ({ dns_nameservers: servers }: NetworkInterface) => servers,
  },
] as const;

type Kind = (typeof ADDED)[number];

const addedAs = ({ of }: Kind, host: NetworkHost): readonly string[] =>
  withType(host, "sip_ext")
    .flatMap(of)
    .flatMap((address) => (typeof address === "string" ? [canonical(address)] : []));

/** The routers and the name servers of the LAN, where they are to be ping nodes. */
export const addedPingNodes = ({ ha }: Config, host: NetworkHost): readonly string[] =>
  ADDED.filter(({ key }) => ha[key] === "yes").flatMap((kind) => addedAs(kind, host));

/** To whom of the pair an address belongs, if to anybody. */
const ownerIn = (network: Network): ((address: string) => string | undefined) => {
  const used = [...usedBy(network.sp1), ...usedBy(network.sp2)];
  return (address) => {
    const owner = used.find((each) => each.address === address);
    return owner === undefined ? undefined : pathText(owner.path);
  };
};

const addedRule = ({ ha }: Config, network: Network): Broken[] => {
  const ownerOf = ownerIn(network);
  return ADDED.filter(({ key }) => ha[key] === "yes").flatMap((kind) =>
    [network.sp1, network.sp2].flatMap((host) => {
      const path = ["ha", kind.key];
      const addresses = addedAs(kind, host);
      if (addresses.length === 0) {
        const sentence = `is yes, and network.yml names no ${kind.what} of the LAN of ${host.name}`;
        return [{ path, sentence }];
      }
      return addresses.flatMap((address) => {
        const owner = ownerOf(address);
        const sentence = `is yes, and the ${kind.what} ${address} of ${host.name} is ${owner}; a ping node must belong to neither node of the pair`;
        return owner === undefined ? [] : [{ path, sentence }];
      });
    }),
  );
};

/** Relations of the ping nodes of config.yml to network.yml; the paths are of config.yml. */
export const brokenBetween = (config: Config, network: Network): readonly Broken[] => {
  const ownerOf = ownerIn(network);
  const section = config.ha.pingnodes === undefined ? "heartbeat" : "ha";
  const nodes = pingNodesOf(config);
  const wrong = nodes.flatMap((node, index) => {
    const path = [section, "pingnodes", index];
    const owner = ownerOf(node);
    if (owner !== undefined) {
      const sentence = `${node} is ${owner}; a ping node must belong to neither node of the pair`;
      return [{ path, sentence }];
    }
    return nodes.indexOf(node) < index ? [{ path, sentence: `${node} is in the list twice` }] : [];
  });
  return [...wrong, ...addedRule(config, network)];
};
