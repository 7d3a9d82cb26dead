import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { onNode } from "./ngcpcfg-node.ts";

test("check says that all is well, and warns of what the machine lacks", async (t) => {
  await onNode(async ({ call }) => {
    t.deepEqual(await call("check"), {
      status: 0,
      said: [
        "2026-01-02 03:04:05 sp1: yml configs were validated successfully",
        "2026-01-02 03:04:05 sp1: configs were checked successfully",
      ],
      complained: [
        "2026-01-02 03:04:05 sp1: Warning: network.yml:26:5 hosts.sp1.eth1: this machine has no interface eth1; it has lo, eth0",
      ],
      kernelSettings: [],
    });
  });
});

test("build writes everything once, and what changed later", async (t) => {
  await onNode(async ({ call, root, config }) => {
    const dry = await call("build", "--dry-run");
    t.is(dry.status, 0);
    t.true(
      dry.said.includes("2026-01-02 03:04:05 sp1: Would generate /etc/ngcp-ha/settings.json: OK"),
    );
    t.deepEqual(dry.kernelSettings, []);
    await t.throwsAsync(readFile(join(root, "etc/ngcp-ha/settings.json")), { code: "ENOENT" });

    const first = await call("build");
    t.is(first.status, 0);
    t.deepEqual(first.kernelSettings, ["/etc/sysctl.d/ngcp.conf"]);
    t.true(first.said.includes("2026-01-02 03:04:05 sp1: Generating /etc/mysql/ngcp.cnf: OK"));
    const settings: unknown = JSON.parse(
      await readFile(join(root, "etc/ngcp-ha/settings.json"), "utf8"),
    );
    t.like(settings, {
      node: "sp1",
      ha: { deadMs: 250 },
      secrets: { redisPassword: "redisPasswordOfTheSample" },
    });

    const again = await call("build");
    t.is(again.said.at(-1), "2026-01-02 03:04:05 sp1: OK:   nothing to change.");

    await writeFile(join(config, "config.local.yml"), "qos: {tos_rtp: 96}\n");
    t.deepEqual((await call("build")).said.slice(1), [
      "2026-01-02 03:04:05 sp1: Generating /etc/rtpengine/ngcp-rtpengine.conf: OK",
      "2026-01-02 03:04:05 sp1: Generating /etc/ngcp-ha/settings.json: OK",
    ]);
  });
});

test("a wrong configuration is told line by line, and nothing is written", async (t) => {
  await onNode(async ({ call, root, config }) => {
    await writeFile(join(config, "config.local.yml"), "ha: {dead_ms: 1, nonsense: 2}\n");
    const built = await call("build");
    t.is(built.status, 1);
    t.deepEqual(built.complained, [
      "2026-01-02 03:04:05 sp1: Error: config.local.yml:1:15 ha.dead_ms: is 1; allowed: a whole number of milliseconds from 200 to 60000",
      "2026-01-02 03:04:05 sp1: Error: config.local.yml:1:18 ha.nonsense: is an unknown key; allowed: pingnodes, pingnodes_add_gw, pingnodes_add_dns, heartbeat_ms, dead_ms, yield_ms, release_max_ms, tick_ms, initial_dead_ms, alone_wait_s, ping_advantage_ms, standby_hold_off_s, heartbeat_port, fence_peer_command",
      "2026-01-02 03:04:05 sp1: NGCP_CONFIG_INVALID: Build errors detected (see the output above)! Aborting.",
    ]);
    await t.throwsAsync(readFile(join(root, "etc/ngcp-ha/settings.json")), { code: "ENOENT" });
  });
});

test("a node without secrets is configured, and told what it lacks", async (t) => {
  await onNode(async ({ call, root, config }) => {
    await rm(join(config, "constants.yml"));
    const built = await call("build");
    t.is(built.status, 0);
    const settings: unknown = JSON.parse(
      await readFile(join(root, "etc/ngcp-ha/settings.json"), "utf8"),
    );
    t.false(Object.keys(settings as object).includes("secrets"));
  });
});

test("other ways to call it end as they always have", async (t) => {
  await onNode(async ({ call }) => {
    t.like(await call("version"), { status: 0, complained: [] });
    const help = await call("help");
    t.is(help.status, 0);
    t.regex(help.said[0] ?? "", /^Usage: ngcpcfg /);
    for (const [words, last] of [
      [[], "say what to do"],
      [["aply"], "aply is no action of ngcpcfg; did you mean apply?"],
      [["help", "frobnicate"], "frobnicate is no action of ngcpcfg"],
    ] as const) {
      const { status, complained } = await call(...words);
      t.deepEqual([status, complained.at(-1)], [1, last]);
    }
  });
  await onNode(
    async ({ call }) => {
      t.like(await call("check"), {
        status: 1,
        complained: ["Error: ngcpcfg requires root permissions. Exiting."],
      });
    },
    { isRoot: false },
  );
  await onNode(
    async ({ call }) => {
      const named = await call("check");
      t.is(named.status, 1);
      t.regex(named.complained[0] ?? "", /called box: write sp1 or sp2 to \/etc\/ngcp_nodename/);
    },
    { node: "box" },
  );
});
