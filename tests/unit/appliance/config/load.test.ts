import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { load } from "../../../../appliance/config/load.ts";
import { machineWarnings } from "../../../../appliance/config/machine.ts";
import { ConfigInvalidError, describeProblem } from "../../../../appliance/config/problem.ts";
import { loadFiles, network, problemsOf, says, shipped } from "./files.ts";

test("the shipped files are valid, and empty ones mean the same as the shipped config.yml", async (t) => {
  const whole = await loadFiles({ "config.yml": await shipped("config.yml") });
  const empty = await loadFiles({});
  const { pingNodes, ...ha } = whole.appliance.ha;
  t.deepEqual(pingNodes, ["192.0.2.1", "192.0.2.2"]);
  t.deepEqual({ ...empty.appliance.ha, pingNodes }, { ...ha, pingNodes });
  t.deepEqual(empty.appliance.rtp, whole.appliance.rtp);
  t.deepEqual(empty.appliance.database, whole.appliance.database);
  t.deepEqual(empty.appliance.redis, whole.appliance.redis);
  t.is(whole.appliance.secrets, undefined);
});

test("the model of a node names itself, its peer, its links and the shared addresses", async (t) => {
  const { appliance } = await loadFiles({}, "sp2");
  t.is(appliance.node, "sp2");
  t.deepEqual(appliance.self.crosslink, { device: "eth1", address: "192.168.255.252", prefix: 29 });
  t.deepEqual(appliance.peer.lan, { device: "eth0", address: "192.0.2.11", prefix: 24 });
  t.deepEqual([appliance.self.id, appliance.peer.id], [2, 1]);
  t.deepEqual(appliance.ha.sharedAddresses, [
    { address: "192.0.2.10", prefix: 24, family: "ipv4", device: "eth0" },
    { address: "2001:db8::10", prefix: 64, family: "ipv6", device: "eth0" },
  ]);
  t.throws(() => Object.assign(appliance.ha.sharedAddresses[0] ?? {}, { address: "x" }));
});

test("a shared address is null, one or a list, numbers may be quoted, a mask may be a prefix", async (t) => {
  const one = await network(
    ["shared_ip: [192.0.2.10]", "shared_ip: 192.0.2.10"],
    ['shared_v6ip: ["2001:db8::10"]', "shared_v6ip: ~"],
    ["shared_ip: [192.0.2.10]", "shared_ip: [192.0.2.10]\n      # second"],
    ['shared_v6ip: ["2001:db8::10"]', "shared_v6ip: []"],
    ["dbnode: 1", "dbnode: '1'"],
    ["netmask: 255.255.255.0", "netmask: '24'"],
  );
  const { appliance } = await loadFiles({ ...one, "config.yml": "ha: {dead_ms: '300'}" });
  t.deepEqual(appliance.ha.sharedAddresses, [
    { address: "192.0.2.10", prefix: 24, family: "ipv4", device: "eth0" },
  ]);
  t.is(appliance.ha.deadMs, 300);
});

test("the names of either age are understood", async (t) => {
  const older = await loadFiles({
    "config.yml": "heartbeat: {pingnodes: [192.0.2.1]}\nrtpproxy: {minport: 20000, maxport: 21000}",
  });
  const newer = await loadFiles({
    "config.yml": "ha: {pingnodes: [192.0.2.1]}\nrtpengine: {minport: 20000, maxport: 21000}",
  });
  t.deepEqual(older.appliance, newer.appliance);
  t.like(older.appliance.rtp, { minPort: 20_000, maxPort: 21_000, tos: 184 });
});

test("a higher layer changes only what it names, and lists are replaced whole", async (t) => {
  const { appliance } = await loadFiles({
    "config.yml": "ha: {dead_ms: 300, initial_dead_ms: 6000, pingnodes: [192.0.2.1, 192.0.2.2]}",
    "config.sp1.yml": "ha: {dead_ms: 400}",
    "config.sp2.yml": "ha: {dead_ms: 9999}",
    "config.sp.yml": "ha: {dead_ms: 500}",
    "config.myhost.yml": "ha: {dead_ms: 600, pingnodes: [192.0.2.3]}",
    "config.local.yml": "ha: {dead_ms: 700}",
    "constants.yml": "# nothing\n",
  });
  t.is(appliance.ha.deadMs, 700);
  t.is(appliance.ha.initialDeadMs, 6_000);
  t.deepEqual(appliance.ha.pingNodes, ["192.0.2.3"]);
});

test("every mistake is told at once, with file, line, column, key, and what is allowed", async (t) => {
  await says(
    t,
    {
      "config.yml": "ha:\n  dead_ms: 2o0\n  heartbeat_mss: 50\nkamailio: 5\n",
      "config.local.yml": "ha:\n  tick_ms: 1\n",
      ...(await network(["sp1:\n    peer: sp2", "sp1:\n    peer: sp3"])),
    },
    'config.yml:2:12 ha.dead_ms: is "2o0"; allowed: a whole number of milliseconds from 200 to 60000',
    "config.yml:3:3 ha.heartbeat_mss: is an unknown key; did you mean heartbeat_ms?",
    "config.yml:4:11 kamailio: is 5; allowed: a map with timers, lb, proxy",
    "config.local.yml:2:12 ha.tick_ms: is 1; allowed: a whole number of milliseconds from 5 to 1000",
    'network.yml:8:11 hosts.sp1.peer: is "sp3"; allowed: sp1, sp2',
  );
});

test("an unknown key that is near to none is answered with the known ones", async (t) => {
  await says(
    t,
    { "config.yml": "kamailio:\n  lb: {}\n  presence: {}\n" },
    "config.yml:3:3 kamailio.presence: is an unknown key; allowed: timers, lb, proxy",
  );
});

test("text that is no YAML, no map or no UTF-8 is told with its place", async (t) => {
  await says(
    t,
    { "config.yml": "ha:\n  dead_ms: 300\n  dead_ms: 400\n", "network.yml": "- a\n" },
    "config.yml:3:3: Map keys must be unique",
    "network.yml:1:1: is no map of names and values",
  );
  await says(t, { "config.yml": "a: \xe4\n" }, "config.yml:1:1: is not written in UTF-8");
});

test("a file that is not there is told, and those that may be absent are not", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "tandem-load-"));
  const error = await t.throwsAsync(load(directory, "sp1", "myhost"), {
    instanceOf: ConfigInvalidError,
  });
  t.deepEqual(
    error.problems.map(({ place }) => place.file),
    ["config.yml", "network.yml"],
  );
  await rm(directory, { recursive: true });
});

test("timers that would let both nodes hold the address are refused", async (t) => {
  await says(
    t,
    { "config.yml": "ha:\n  yield_ms: 100\n  dead_ms: 240\n" },
    "config.yml:3:12 ha.dead_ms: yield_ms + release_max_ms + heartbeat_ms + 2 * tick_ms is 240 ms and must be below dead_ms (240 ms), or two isolated nodes may both hold the shared address",
  );
  t.deepEqual(await problemsOf({ "config.yml": "ha:\n  dead_ms: 241\n" }), []);
});

test("ports that are taken are refused", async (t) => {
  await says(
    t,
    { "config.yml": "rtpproxy: {minport: 5061, maxport: 6000}\nha: {heartbeat_port: 5060}\n" },
    "config.yml:1:21 rtpproxy.minport: the ports 5061 to 6000 hold 5061, which belongs to SIP over TLS",
    "config.yml:1:21 rtpproxy.minport: the ports 5061 to 6000 hold 5062, which belongs to the proxy",
    "config.yml:2:22 ha.heartbeat_port: is 5060, which belongs to SIP",
  );
  await says(
    t,
    { "config.yml": "rtpengine: {minport: 40000, maxport: 30000}\n" },
    "config.yml:1:38 rtpengine.maxport: must be at least minport (40000) + 10",
  );
});

test("a ping node is neither of the pair nor twice in the list, and has one name", async (t) => {
  await says(
    t,
    {
      "config.yml": `heartbeat:
  pingnodes: [192.0.2.10, 192.0.2.12, "2001:db8:0::11", 192.0.2.1, 192.0.2.1]\n`,
    },
    "config.yml:2:15 heartbeat.pingnodes[0]: 192.0.2.10 is hosts.sp1.eth0.shared_ip; a ping node must belong to neither node of the pair",
    "config.yml:2:27 heartbeat.pingnodes[1]: 192.0.2.12 is hosts.sp2.eth0.ip; a ping node must belong to neither node of the pair",
    "config.yml:2:39 heartbeat.pingnodes[2]: 2001:db8::11 is hosts.sp1.eth0.v6ip; a ping node must belong to neither node of the pair",
    "config.yml:2:68 heartbeat.pingnodes[4]: 192.0.2.1 is in the list twice",
  );
  await says(
    t,
    { "config.yml": "heartbeat: {pingnodes: []}\nha: {pingnodes: []}\n" },
    "config.yml:1:24 heartbeat.pingnodes: is given as ha.pingnodes too; keep one of the two",
  );
});

test("the relations of network.yml hold, or each one that does not is told", async (t) => {
  await says(
    t,
    await network(["sp1:\n    peer: sp2", "sp1:\n    peer: sp1"], ["dbnode: 2", "dbnode: 1"]),
    "network.yml:8:11 hosts.sp1.peer: is sp1; allowed: sp2",
    "network.yml:34:13 hosts.sp2.dbnode: is 1 on both nodes; allowed: 1 and 2",
  );
  await says(
    t,
    await network(["ip: 192.0.2.12", "ip: 192.0.2.11"]),
    "network.yml:42:11 hosts.sp2.eth0.ip: 192.0.2.11 is used by hosts.sp1.eth0.ip already",
  );
  await says(
    t,
    await network(["shared_ip: [192.0.2.10]", "shared_ip: [192.0.3.10]"]),
    "network.yml:22:19 hosts.sp1.eth0.shared_ip[0]: 192.0.3.10 is outside the net of eth0, 192.0.2.11/24",
    "network.yml:46:18 hosts.sp2.eth0.shared_ip: the shared addresses are 192.0.2.10, 2001:db8::10, but 192.0.3.10, 2001:db8::10 on sp1; they must be the same",
  );
  await says(
    t,
    await network(["type: [ha_int]", "type: []"], ["type: [ha_int]", "type: [ha_int, sip_ext]"]),
    "network.yml:12:17 hosts.sp1.interfaces: no interface has the type ha_int, which marks the crosslink",
    "network.yml:36:17 hosts.sp2.interfaces: eth0 and eth1 both have the type sip_ext, which marks the LAN",
    "network.yml:54:13 hosts.sp2.eth1.type: is LAN and crosslink at once; two links are needed, or one cut cable ends both",
  );
  await says(
    t,
    await network(["      ip: 192.168.255.251\n      netmask: 255.255.255.248\n", ""]),
    "network.yml:26:5 hosts.sp1.eth1.ip: is missing; the node needs an address of its own here",
  );
  await says(
    t,
    await network(["interfaces: [lo, eth0, eth1]", "interfaces: [lo, eth0, eth1, eth2]"]),
    "network.yml:7:3 hosts.sp1.eth2: is missing; allowed: a map with ip, netmask, v6ip, v6netmask, gateway, v6gateway, dns_nameservers, shared_ip, shared_v6ip, advertised_ip, hwaddr, mtu, type",
  );
  await says(
    t,
    await network(["netmask: 255.255.255.248", "netmask: 255.0.255.0"]),
    'network.yml:28:16 hosts.sp1.eth1.netmask: is "255.0.255.0"; allowed: a netmask like 255.255.255.0, or a prefix length from 1 to 32',
  );
});

test("secrets stand in constants.yml alone, and no message shows one", async (t) => {
  const problems = await problemsOf({
    "config.local.yml": "pair:\n  redis_password: geheimgeheimgeheim\n",
    "constants.yml": "pair:\n  heartbeat_keys: [kurz-und-geheim]\n",
  });
  t.true(
    problems.includes(
      "config.local.yml:1:1 pair: holds secrets; allowed only in constants.yml, where ngcp-pair puts them",
    ),
  );
  t.true(
    problems.includes(
      "constants.yml:2:20 pair.heartbeat_keys[0]: is no secret that ngcp-pair made",
    ),
  );
  t.notRegex(problems.join("\n"), /geheim/);
});

test("what the machine does not have is told with its place in network.yml", async (t) => {
  const loaded = await loadFiles({});
  const warnings = machineWarnings(loaded, {
    devices: ["lo", "eth0"],
    addressesOf: (device) => (device === "lo" ? ["127.0.0.1"] : ["198.51.100.1"]),
  });
  t.deepEqual(warnings.map(describeProblem), [
    "network.yml:18:7 hosts.sp1.eth0.ip: eth0 of this machine does not have the address 192.0.2.11",
    "network.yml:20:7 hosts.sp1.eth0.v6ip: eth0 of this machine does not have the address 2001:db8::11",
    "network.yml:26:5 hosts.sp1.eth1: this machine has no interface eth1; it has lo, eth0",
  ]);
});
