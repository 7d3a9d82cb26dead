import test from "ava";
import { loadFiles, network, says } from "./files.ts";

const GATEWAYS = [
  ["netmask: 255.255.255.0", "netmask: 255.255.255.0\n      gateway: 192.0.2.1"],
  [
    "ip: 192.0.2.12\n      netmask: 255.255.255.0",
    "ip: 192.0.2.12\n      netmask: 255.255.255.0\n      v6gateway: 2001:DB8::1",
  ],
] as const;

test("the gateways of the LAN are ping nodes too where that is asked for, each once", async (t) => {
  const files = {
    ...(await network(...GATEWAYS)),
    "config.yml": "ha: {pingnodes_add_gw: true, pingnodes: [192.0.2.1, 192.0.2.2]}\n",
  };
  t.deepEqual((await loadFiles(files)).appliance.ha.pingNodes, ["192.0.2.1", "192.0.2.2"]);
  t.deepEqual((await loadFiles(files, "sp2")).appliance.ha.pingNodes, [
    "192.0.2.1",
    "192.0.2.2",
    "2001:db8::1",
  ]);
});

test("gateways that are asked for and not named are told", async (t) => {
  await says(
    t,
    { "config.yml": "ha:\n  pingnodes_add_gw: yes\n", ...(await network(GATEWAYS[0])) },
    "config.yml:2:21 ha.pingnodes_add_gw: is yes, and network.yml names no gateway of the LAN of sp2",
  );
  await says(
    t,
    { "config.yml": "ha:\n  pingnodes_add_gw: maybe\n" },
    'config.yml:2:21 ha.pingnodes_add_gw: is "maybe"; allowed: yes, no',
  );
});

test("maintenance.yml lies above the other files, and general has its keys", async (t) => {
  const { config } = await loadFiles({
    "config.yml": "general: {adminmail: noc@example.org, ngcp_type: sppro, maintenance: 'no'}\n",
    "maintenance.yml": "general: {maintenance: yes}\n",
  });
  t.deepEqual(config.general, {
    adminmail: "noc@example.org",
    ngcp_type: "sppro",
    maintenance: "yes",
  });
  await says(
    t,
    { "config.yml": "general: {adminmail: nobody, ngcp_type: carrier, maintainance: yes}\n" },
    'config.yml:1:22 general.adminmail: is "nobody"; allowed: a mail address like root@example.org',
    'config.yml:1:41 general.ngcp_type: is "carrier"; allowed: sppro',
    "config.yml:1:50 general.maintainance: is an unknown key; did you mean maintenance?",
  );
});
