import { existsSync } from "node:fs";
import { HOME, namespaceOf, namespacePath } from "./names.ts";
import type { Lab } from "./names.ts";
import { addNamespace, ipBatch } from "./network.ts";
import { NFT, run } from "./run.ts";

/**
 * What the router of a home does: all that leaves has its address and a port of chance, and what comes back is let in from
 * where something was sent to, by address and port (RFC 4787: address and port-dependent mapping and filtering).
 */
const NAT = `
table ip home {
  chain leaving {
    type nat hook postrouting priority srcnat
    oifname "eth0" masquerade fully-random
  }
  chain through {
    type filter hook forward priority filter
    policy drop
    iifname "eth1" accept
    iifname "eth0" ct state established accept
  }
}
`;

/** The least time that a router may keep a way open which nothing goes (RFC 4787, REQ-5). Many are as short. Seconds. */
const WAY_OPEN_S = 120;

const SETTINGS = `
echo 1 >/proc/sys/net/ipv4/ip_forward
cd /proc/sys/net/netfilter
echo ${WAY_OPEN_S} >nf_conntrack_udp_timeout
echo ${WAY_OPEN_S} >nf_conntrack_udp_timeout_stream
`;

/** A home network on the LAN: a phone's place behind a router that translates addresses. Harmless when it is there. */
export const buildHome = async (lab: Lab): Promise<void> => {
  if (existsSync(namespacePath(lab, "home"))) return;
  const [router, home] = [namespaceOf(lab, "router"), namespaceOf(lab, "home")];
  await addNamespace(router);
  await addNamespace(home);
  await ipBatch(namespaceOf(lab, "switch"), [
    `link add name router type veth peer name eth0 netns ${router}`,
    "link set router master lan up",
  ]);
  await ipBatch(router, [
    `link add name eth1 type veth peer name eth0 netns ${home}`,
    `addr add ${HOME.outside}/24 dev eth0`,
    `addr add ${HOME.router}/24 dev eth1`,
    "link set eth0 up",
    "link set eth1 up",
  ]);
  await ipBatch(home, [
    `addr add ${HOME.phone}/24 dev eth0`,
    "link set eth0 up",
    `route add default via ${HOME.router}`,
  ]);
  const inRouter = ["nsenter", `--net=${namespacePath(lab, "router")}`];
  await run([...inRouter, NFT, "-f", "-"], { input: NAT });
  await run([...inRouter, "sh", "-euc", SETTINGS]);
};
