import test from "ava";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";

const node = new EngineNode("redisdamaged");
const FILES = "/var/lib/redis/appendonlydir";

test.before(() => node.boot());
test.after.always(() => node.remove());

/** Redis dies, its files suffer, and systemd starts it again. */
const damagedBy = async (command: string): Promise<void> => {
  await node.run(`systemctl kill -s KILL ngcp-redis; systemctl stop ngcp-redis; ${command}`);
  await node.run("systemctl reset-failed ngcp-redis; systemctl start ngcp-redis");
  await until(async () => (await node.redis("ping")) === "PONG", 5_000);
  await node.redis("replicaof no one");
};

// A power cut has left a Redis that no start brought back (drill rows-both-cut): "Bad file format".
test.serial(
  "zeros at the end of what Redis appends cost what they stand for, and nothing before",
  async (t) => {
    await node.redis("replicaof no one");
    await node.redis("set kept 1");
    await node.redis("config set appendfsync always");
    await node.redis("set kept 2");
    await damagedBy(`head -c 5000 /dev/zero >>$(ls ${FILES}/*.incr.aof | tail -n 1)`);
    t.is(await node.redis("get kept"), "2");
    t.regex(await node.run("ls /var/lib/redis/damaged"), /incr\.aof/);
    t.regex(await node.run("journalctl -u ngcp-redis -p warning"), /damaged at its end/);
  },
);

test.serial(
  "a Redis whose files cannot be read at all starts empty, and they are kept",
  async (t) => {
    await damagedBy(`echo nonsense >$(ls ${FILES}/*.base.rdb | tail -n 1)`);
    t.is(await node.redis("dbsize"), "0");
    t.regex(await node.run("cat /var/lib/redis/damaged/*.base.rdb"), /nonsense/);
    await node.redis("set again 1");
    await damagedBy("true");
    t.is(await node.redis("get again"), "1");
  },
);
