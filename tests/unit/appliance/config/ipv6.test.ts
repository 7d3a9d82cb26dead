import test from "ava";
import { loadFiles, network, says } from "./files.ts";

const WITHOUT_IPV4 = [
  ["ip: 192.168.255.251\n      netmask: 255.255.255.248", "v6ip: FD00:0::251"],
  ["ip: 192.168.255.252\n      netmask: 255.255.255.248", "v6ip: fd00::252"],
] as const;

test("a link without IPv4 is spoken on at its IPv6 address, in one spelling", async (t) => {
  const { appliance } = await loadFiles(await network(...WITHOUT_IPV4));
  t.deepEqual(appliance.self.crosslink, { device: "eth1", address: "fd00::251", prefix: 64 });
  t.is(appliance.peer.crosslink.address, "fd00::252");
});

test("the two ends of a link have addresses of one kind, and none that is good on one link alone", async (t) => {
  await says(
    t,
    await network(WITHOUT_IPV4[0]),
    "network.yml:50:11 hosts.sp2.eth1.ip: sp2 has an IPv4 address here and sp1 an IPv6 address; both must have one of the same kind",
  );
  await says(
    t,
    await network([WITHOUT_IPV4[0][0], "v6ip: fe80::1"], WITHOUT_IPV4[1]),
    "network.yml:27:13 hosts.sp1.eth1.v6ip: fe80::1 is good on one link alone; allowed: an address that is not below fe80::/10",
  );
});
