import { join } from "node:path";
import { readFile, writeFile } from "node:fs/promises";
import test from "ava";
import { ApplianceError } from "../../../appliance/errors.ts";
import type { ReloadOrder } from "../../../appliance/ngcpcfg/reload.ts";
import { COMPONENTS } from "../../../components/index.ts";
import { ngcpcfgOn } from "../../../ops/commands/ngcpcfg/index.ts";
import { groundOfTest } from "../../config-ground.ts";
import { withSamplePair } from "../../golden/sample.ts";
import { RUNS, runAgainst, type Result, type Situation } from "../../unit/ops/daemon-of-a-test.ts";

class Refusal extends ApplianceError {
  override readonly name = "Refusal";
  readonly code = "NGCP_RELOAD_REFUSED";
}

const ORDERS = Object.fromEntries(COMPONENTS.map(({ name }) => [`${name}/restart`, RUNS]));
const RUNNING: Situation = {
  answers: { orders: ORDERS },
  unitStates: {
    "ngcp-lb.service": "active",
    "ngcp-redis.service": "active",
    "ngcp-rtpengine.service": "active",
    "ngcp-pair.socket": "active",
  },
};

const IDLE: Situation = { answers: { orders: ORDERS } };

interface Node {
  readonly root: string;
  readonly config: string;
  readonly call: (args: readonly string[], situation?: Situation) => Promise<Result>;
  /** What running servers were told; taken out by the reader. */
  readonly orders: ReloadOrder[];
  /** Whether the next order is refused. */
  refuses: boolean;
}

const onNode = (use: (node: Node) => Promise<void>): Promise<void> =>
  withSamplePair(async (site) => {
    const node: Node = {
      root: site.root,
      config: site.configDirectory,
      orders: [],
      refuses: false,
      call: (args, situation = RUNNING) => runAgainst(tool, args, situation),
    };
    const tool = ngcpcfgOn(
      groundOfTest(site, {
        reload: async (order) => {
          node.orders.push(order);
          await Promise.resolve();
          if (!node.refuses) return;
          node.refuses = false;
          throw new Refusal("no");
        },
      }),
    );
    await node.call(["initialise"]);
    await node.call(["apply", "--no-restart"]);
    await node.call(["services"], IDLE);
    node.orders.length = 0;
    await use(node);
  });

const text = (lines: readonly string[]): string => lines.join("\n");
const TRUSTED = "kamailio.lb.trusted_sources=[198.51.100.1]";

test("a running component takes up what it can without a restart", async (t) => {
  await onNode(async ({ call, orders }) => {
    await call(["set", "redis.max_memory_mb=300"]);
    const applied = await call(["apply", "more memory"]);
    t.is(applied.end, "done", text(applied.complained));
    t.deepEqual(orders, [
      {
        kind: "redis",
        values: { maxmemory: "300mb", "repl-backlog-size": "64mb" },
        password: "redisPasswordOfTheSample",
      },
    ]);
    t.deepEqual(
      applied.asked.filter(({ what }) => what.includes("restart")),
      [],
    );
    t.regex(text(applied.said), /Reloading redis: OK, with \/etc\/redis/);
  });
});

test("what does not run is not told", async (t) => {
  await onNode(async ({ call, orders }) => {
    await call(["set", "redis.max_memory_mb=300"]);
    const applied = await call(["apply", "more memory"], IDLE);
    t.deepEqual([applied.end, orders], ["done", []]);
    t.regex(text(applied.said), /Reloading redis: not needed, it does not run here/);
  });
});

test("a reload that is refused brings the old file back, and the server takes that up", async (t) => {
  await onNode(async (node) => {
    await node.call(["set", "redis.max_memory_mb=300"]);
    node.refuses = true;
    const failed = await node.call(["apply", "more memory"]);
    t.is(failed.end, "failed");
    t.regex(text(failed.complained), /redis:\/etc\/redis\/ngcp-redis\.conf does not run .*: no/);
    t.deepEqual(
      node.orders.map((order) => (order.kind === "redis" ? order.values["maxmemory"] : order.kind)),
      ["300mb", "256mb"],
    );
    t.regex(await readFile(join(node.root, "etc/redis/ngcp-redis.conf"), "utf8"), /256mb/);
    t.regex(text((await node.call(["status"])).said), /OK: {3}all run with the present files/);
  });
});

test("--no-restart reloads all the same, and leaves what cuts calls", async (t) => {
  await onNode(async ({ call, orders }) => {
    await call(["set", "redis.max_memory_mb=300", "qos.tos_rtp=96"]);
    const applied = await call(["apply", "both", "--no-restart"]);
    t.deepEqual([applied.end, orders.length, applied.units], ["done", 1, []]);
    t.regex(text(applied.said), /Restarting rtpengine: left pending/);
    t.regex(text((await call(["status"])).said), /older files[^]*rtpengine/);
  });
});

test("what a restart cuts is told before it is done, where it runs", async (t) => {
  await onNode(async ({ call }) => {
    await call(["set", "qos.tos_rtp=96"]);
    const { said } = await call(["apply", "softer media"]);
    t.regex(
      text(said),
      /Restarting rtpengine cuts the sound of every call[^]*--no-restart leaves it pending[^]*Restarting rtpengine: OK/,
    );
    await call(["set", "qos.tos_rtp=32"]);
    const idle = await call(["apply", "other media"], IDLE);
    t.notRegex(text(idle.said), /cuts/);
  });
});

test("a trusted source is taken up by the load-balancer while it runs", async (t) => {
  await onNode(async ({ call, orders }) => {
    await call(["set", TRUSTED]);
    t.is((await call(["apply", "a source"])).end, "done");
    t.deepEqual(
      orders.map((order) => (order.kind === "rpc" ? order.method : order.kind)),
      ["permissions.addressReload"],
    );
  });
});

test("the socket that the peer asks on is made anew when its unit changes", async (t) => {
  await onNode(async ({ call, orders, config }) => {
    const unit = join(config, "templates/etc/systemd/system/ngcp-pair.socket.eta");
    const text = await readFile(unit, "utf8");
    await writeFile(unit, text.replace("MaxConnections=4", "MaxConnections=5"));
    const applied = await call(["apply", "more connections", "--no-restart"]);
    t.is(applied.end, "done");
    t.deepEqual([orders, applied.units], [[{ kind: "units" }], ["restart ngcp-pair.socket"]]);
    await writeFile(unit, text);
    t.deepEqual((await call(["apply", "as before"], IDLE)).units, []);
    t.is(orders.length, 2, "systemd reads the unit of a socket that nobody listens on");
  });
});
