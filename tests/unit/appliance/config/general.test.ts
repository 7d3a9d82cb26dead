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

test("the name servers of the LAN are ping nodes too where that is asked for, one or a list", async (t) => {
  const servers = await network(
    ["netmask: 255.255.255.0", "netmask: 255.255.255.0\n      dns_nameservers: 192.0.2.53"],
    [
      "ip: 192.0.2.12\n      netmask: 255.255.255.0",
      'ip: 192.0.2.12\n      netmask: 255.255.255.0\n      dns_nameservers: [192.0.2.53, "2001:DB8::53"]',
    ],
  );
  const config = (text: string) => ({ ...servers, "config.yml": text });
  const asked = config("ha: {pingnodes_add_dns: yes, pingnodes: [192.0.2.1]}\n");
  t.deepEqual((await loadFiles(asked)).appliance.ha.pingNodes, ["192.0.2.1", "192.0.2.53"]);
  t.deepEqual((await loadFiles(asked, "sp2")).appliance.ha.pingNodes, [
    "192.0.2.1",
    "192.0.2.53",
    "2001:db8::53",
  ]);
  const not = config("ha: {pingnodes: [192.0.2.1]}\n");
  t.deepEqual((await loadFiles(not)).appliance.ha.pingNodes, ["192.0.2.1"]);
});

test("name servers that are asked for and not named, or are one of the nodes, are told", async (t) => {
  const config = { "config.yml": "ha:\n  pingnodes_add_dns: yes\n" };
  await says(
    t,
    config,
    "config.yml:2:22 ha.pingnodes_add_dns: is yes, and network.yml names no name server of the LAN of sp1",
    "config.yml:2:22 ha.pingnodes_add_dns: is yes, and network.yml names no name server of the LAN of sp2",
  );
  const own = await network(
    ["netmask: 255.255.255.0", "netmask: 255.255.255.0\n      dns_nameservers: 192.0.2.12"],
    [
      "ip: 192.0.2.12\n      netmask: 255.255.255.0",
      "ip: 192.0.2.12\n      netmask: 255.255.255.0\n      dns_nameservers: 192.0.2.53",
    ],
  );
  await says(
    t,
    { ...config, ...own },
    "config.yml:2:22 ha.pingnodes_add_dns: is yes, and the name server 192.0.2.12 of sp1 is hosts.sp2.eth0.ip; a ping node must belong to neither node of the pair",
  );
});

test("timers that contradict each other are told", async (t) => {
  const wrong = [
    [
      "kamailio: {timers: {t1_ms: 600, t2_ms: 500}}\n",
      "config.yml:1:40 kamailio.timers.t2_ms: is 500; must be at least 600, which is kamailio.timers.t1_ms",
    ],
    [
      "kamailio: {timers: {fr_timer_ms: 3000}}\n",
      "config.yml:1:34 kamailio.timers.fr_timer_ms: is 3000; must be at least 4000, which is kamailio.timers.t2_ms",
    ],
    [
      "kamailio: {timers: {max_inv_lifetime_ms: 180000}, proxy: {ring_seconds: 300}}\n",
      "config.yml:1:42 kamailio.timers.max_inv_lifetime_ms: is 180000; must be at least 300000, which is kamailio.proxy.ring_seconds",
    ],
    [
      "kamailio: {lb: {proxy_retry_max_ms: 50}}\n",
      "config.yml:1:37 kamailio.lb.proxy_retry_max_ms: is 50; must be at least 100, which is kamailio.lb.proxy_retry_ms",
    ],
    [
      "kamailio: {proxy: {min_expires_seconds: 4000}, lb: {registered_seconds: 3600}}\n",
      "config.yml:1:12 kamailio.proxy.default_expires_seconds: is 3600; must be at least 4000, which is kamailio.proxy.min_expires_seconds",
    ],
    [
      "kamailio: {proxy: {default_expires_seconds: 1800, max_expires_seconds: 900}}\n",
      "config.yml:1:72 kamailio.proxy.max_expires_seconds: is 900; must be at least 1800, which is kamailio.proxy.default_expires_seconds",
    ],
    [
      "kamailio: {proxy: {max_expires_seconds: 7200}}\n",
      "config.yml:1:1 kamailio.lb.registered_seconds: is 3600; must be at least 7200, which is kamailio.proxy.max_expires_seconds",
    ],
    [
      "redis: {replica_ping_s: 4, replica_silent_s: 7}\n",
      "config.yml:1:46 redis.replica_silent_s: is 7; must be at least 8, which is two of redis.replica_ping_s",
    ],
  ] as const;
  for (const [text, message] of wrong) await says(t, { "config.yml": text }, message);
});

test("maintenance.yml lies above the other files, and general has its keys", async (t) => {
  const { config } = await loadFiles({
    "config.yml": "general: {adminmail: noc@example.org, ngcp_type: sppro, maintenance: 'no'}\n",
    "maintenance.yml": "general: {maintenance: yes}\n",
  });
  t.deepEqual(config.general, {
    adminmail: "noc@example.org",
    timezone: "UTC",
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
