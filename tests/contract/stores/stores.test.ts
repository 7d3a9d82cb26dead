import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { StorePair } from "./bed.ts";
import { StoreStory, ms, other } from "./story.ts";
import type { Node } from "./bed.ts";

/* What the pair's daemons do to their MariaDB and Redis, on the servers of Debian 13. */

const pair = new StorePair("stores");

test.after.always(() => pair.remove());

const { lost, underWay, sameRows, openBoth, closeBoth, settled, comesBack } = new StoreStory(pair);

test.serial(
  "first start repairs an installation that was cut short, and both nodes begin equal",
  async (t) => {
    const data = join(pair.bed(2).root, "var/lib/mysql");
    rmSync(join(data, "mysql"), { recursive: true });
    mkdirSync(join(data, "mysql"));
    writeFileSync(join(data, "ngcp-unfinished"), "");
    const began = performance.now();
    await Promise.all([pair.bed(1).start(), pair.bed(2).start()]);
    t.log(`first start of both nodes ${ms(performance.now() - began)}`);
    for (const node of [1, 2] as const) {
      t.is(pair.bed(node).sql("SELECT @@GLOBAL.gtid_binlog_pos, @@GLOBAL.read_only"), "1");
      t.is(pair.bed(node).sql("SHOW TABLES IN kamailio LIKE 'acc'"), "acc");
      t.regex(pair.bed(node).sql("SHOW CREATE DATABASE kamailio"), /utf8mb4_bin/);
      t.deepEqual(pair.bed(node).listening(), [
        "127.0.0.1:3306",
        "127.0.0.1:6379",
        `192.168.255.${250 + node}:3306`,
        `192.168.255.${250 + node}:6379`,
      ]);
    }
  },
);

test.serial("a killed first start is repeated without a trace in the binary log", async (t) => {
  await pair.bed(1).end("mysql", "SIGKILL");
  const began = performance.now();
  await pair.bed(1).startMysql();
  t.log(`start after kill -9 ${ms(performance.now() - began)}`);
  t.is(pair.bed(1).sql("SELECT @@GLOBAL.gtid_binlog_pos, @@GLOBAL.read_only"), "1");
});

test.serial("both nodes replicate from each other and refuse to be written to", async (t) => {
  await Promise.all([
    pair.untilDetail(1, "closed", /MariaDB: replicates|^Redis/),
    pair.untilDetail(2, "closed", /MariaDB: replicates|^Redis/),
  ]);
  await t.throwsAsync(pair.agent(1).ask("sql", "INSERT INTO acc (time) VALUES (NOW())"), {
    message: /read-only/,
  });
  await t.throwsAsync(pair.agent(1).ask("redis", "SET", "a", "1"), { message: /READONLY/ });
});

test.serial("the node that is opened is written to and its peer follows", async (t) => {
  t.log(`open() for the first time ${ms(await openBoth(1))}`);
  await settled(1);
  await pair.agent(1).ask("sql", "INSERT INTO acc (callid, time) VALUES ('first', NOW())");
  await pair.agent(1).ask("redis", "SET", "call", "kept");
  await sameRows(t);
  t.is(await pair.agent(2).ask("redis", "GET", "call"), "kept");
  await t.throwsAsync(pair.agent(2).ask("redis", "SET", "a", "1"), { message: /READONLY/ });
  await t.throwsAsync(pair.agent(2).ask("sql", "INSERT INTO acc (time) VALUES (NOW())"), {
    message: /read-only/,
  });
  const { stores } = await pair.agent(1).ask("probe", "open");
  t.deepEqual(
    stores.map(({ role, detail }) => [role, detail]),
    [
      ["source", "sp2 has every transaction"],
      ["source", "sp2 replicates"],
    ],
  );
});

/** The role moves as in a planned switchover: the old node closes while the new one opens. */
const handOver = async (from: Node): Promise<{ readonly open: number; readonly close: number }> => {
  const [close, open] = await Promise.all([closeBoth(from), openBoth(other(from))]);
  return { open, close };
};

test.serial("a planned switchover at rest, both ways", async (t) => {
  for (const from of [1, 2] as const) {
    const { open, close } = await handOver(from);
    t.log(`sp${from} close() ${ms(close)}, sp${other(from)} open() ${ms(open)}`);
    await settled(other(from));
  }
  await pair.agent(1).ask("sql", "INSERT INTO acc (callid, time) VALUES ('after', NOW())");
  await sameRows(t);
});

test.serial(
  "a planned switchover under 8 writers loses no acknowledged row, both ways",
  async (t) => {
    for (const from of [1, 2] as const) {
      await pair.agent(from).ask("startWriting", `planned-${from}`, 8);
      await underWay(from, `planned-${from}`);
      const { open, close } = await handOver(from);
      const acknowledged = await pair.agent(from).ask("stopWriting");
      t.log(`${acknowledged.length} rows; close() ${ms(close)}, open() ${ms(open)}`);
      t.true(acknowledged.length > 50);
      t.deepEqual(lost(other(from), acknowledged), []);
      await settled(other(from));
      await sameRows(t);
    }
  },
);

test.serial("a standby that was stopped cleanly comes back in sync", async (t) => {
  await pair.bed(2).stop("SIGTERM");
  await pair.agent(1).ask("sql", "INSERT INTO acc (callid, time) VALUES ('alone', NOW())");
  await comesBack(t, 2);
});

test.serial(
  "where cutting off was tried and MariaDB did not start, everything is kept",
  async (t) => {
    await pair.bed(2).stop("SIGTERM");
    writeFileSync(join(pair.bed(2).root, "run/ngcp-mysql-cutting"), "");
    await pair.bed(2).start();
    t.false(pair.bed(2).cutsOff);
    await pair.untilInSync(2, "closed");
    await settled(1);
  },
);

test.serial("a killed MariaDB of the active node is opened again, and loses nothing", async (t) => {
  await pair.agent(1).ask("startWriting", "killed", 8);
  await underWay(1, "killed");
  mkdirSync(join(pair.bed(1).root, "run/ngcp-ha"), { recursive: true });
  writeFileSync(join(pair.bed(1).root, "run/ngcp-ha/role"), "active 1.00 open\n");
  await pair.bed(1).end("mysql", "SIGKILL");
  const acknowledged = await pair.agent(1).ask("stopWriting");
  await pair.bed(1).startMysql();
  t.false(pair.bed(1).cutsOff);
  t.log(`opened again after ${ms(await pair.untilInSync(1, "open"))}`);
  await settled(1);
  t.deepEqual(lost(1, acknowledged), []);
  await sameRows(t);
  t.deepEqual(lost(2, acknowledged), []);
});

test.serial("an older or empty data directory under an active node is not opened", async (t) => {
  const bed = pair.bed(1);
  const data = "/var/lib/mysql";
  await bed.end("mysql", "SIGTERM");
  bed.chroot("cp", "-a", data, `${data}.old`);
  await bed.startMysql();
  await pair.untilInSync(1, "open");
  await settled(1);
  await pair.agent(1).ask("sql", "INSERT INTO acc (callid, time) VALUES ('newer', NOW())");
  await sameRows(t);
  await bed.end("mysql", "SIGKILL");
  bed.chroot("mv", data, `${data}.newest`);
  for (const kind of ["old", "empty"]) {
    if (kind === "old") bed.chroot("mv", `${data}.old`, data);
    await bed.startMysql();
    const before = await pair.agent(1).ask("timesGoneBack");
    await pair.agent(1).ask("probe", "open");
    t.is(await pair.agent(1).ask("timesGoneBack"), before + 1, kind);
    t.is(bed.sql("SELECT @@GLOBAL.read_only"), "1", kind);
    await bed.end("mysql", "SIGKILL");
    bed.chroot("rm", "-r", data);
  }
  bed.chroot("mv", `${data}.newest`, data);
  await bed.startMysql();
  await pair.untilInSync(1, "open");
  await settled(1);
  t.deepEqual(lost(1, ["newer"]), []);
  await sameRows(t);
});

test.serial("a killed Redis of the active node is promoted again with what it held", async (t) => {
  await pair.agent(1).ask("redis", "SET", "call", "held");
  await pair.bed(1).end("redis", "SIGKILL");
  await pair.bed(1).startRedis();
  await t.throwsAsync(pair.agent(1).ask("redis", "SET", "a", "1"), { message: /READONLY/ });
  await pair.untilInSync(1, "open");
  t.is(await pair.agent(1).ask("redis", "GET", "call"), "held");
  await pair.agent(1).ask("redis", "SET", "a", "1");
  await settled(1);
});

test.serial("the wrong password is named in a sentence", async (t) => {
  const { role, detail } = await pair.agent(2).ask("probeWithWrongSecret");
  t.is(role, "unknown");
  t.regex(detail, /^Redis at 127\.0\.0\.1:6379 refused: WRONGPASS/);
});

test.serial("a row that is there already stops the standby, and it says so", async (t) => {
  const [id] = pair.bed(1).sql("SELECT MAX(id) + 1000 FROM kamailio.acc").split("\n");
  pair
    .bed(2)
    .sql(
      `SET sql_log_bin = 0; INSERT INTO kamailio.acc (id, callid, time) VALUES (${id ?? ""}, 'odd', NOW())`,
    );
  const insert = `INSERT INTO acc (id, callid, time) VALUES (${id ?? ""}, 'even', NOW())`;
  await pair.agent(1).ask("sql", insert);
  const detail = await pair.untilDetail(2, "closed", /1062/);
  t.is(
    detail,
    "MariaDB: a row from sp1 has a key that another row has here (error 1062); it is copied anew from sp1",
  );
  pair
    .bed(2)
    .sql(
      `SET sql_log_bin = 0; DELETE FROM kamailio.acc WHERE id = ${id ?? ""}; START SLAVE SQL_THREAD`,
    );
  await settled(1);
  await sameRows(t);
});

test.serial(
  "a node whose peer took over without its last rows says which, and spreads none",
  async (t) => {
    pair.crosslink("down");
    await pair.agent(1).ask("stopWaitingForPeer");
    await pair.agent(1).ask("sql", "INSERT INTO acc (callid, time) VALUES ('stray', NOW())");
    await openBoth(2);
    await closeBoth(1);
    pair.crosslink("up");
    const detail = await pair.untilDetail(1, "closed", /took over/);
    t.regex(
      detail,
      /this node's database holds 1 transaction that sp2 took over without \(1:\d+\)/,
    );
    await pair.agent(2).ask("probe", "open");
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    t.deepEqual(lost(2, ["stray"]), ["stray"]);
  },
);
