import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { StorePair } from "./bed.ts";
import type { Node } from "./bed.ts";

/* A copy of the active node's database for its peer, on the servers and the tools of Debian 13. */

const pair = new StorePair("clone");

test.after.always(() => pair.remove());

const COUNT = "SELECT COUNT(*), COALESCE(SUM(CRC32(CONCAT(id, callid))), 0) FROM kamailio.acc";

/** Between two rows of a client. Eight that do not pause leave a busy machine no time to apply what they write. */
const PAUSE_MS = 20;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it did not come about: ${what}`);
    await pause(20);
  }
};

const sameRows = (t: ExecutionContext): Promise<void> =>
  until("the rows of both nodes are the same", () => {
    const [one, two] = [pair.bed(1).sql(COUNT), pair.bed(2).sql(COUNT)];
    if (one === two) t.log(`both nodes: ${one}`);
    return one === two;
  });

const insert = (node: Node, callid: string): Promise<unknown> =>
  pair.agent(node).ask("sql", `INSERT INTO acc (callid, time) VALUES ('${callid}', NOW())`);

const has = (node: Node, callid: string): boolean =>
  pair.bed(node).sql(`SELECT COUNT(*) FROM kamailio.acc WHERE callid = '${callid}'`) !== "0";

const settled = async (active: Node): Promise<void> => {
  const standby: Node = active === 1 ? 2 : 1;
  await Promise.all([pair.untilInSync(active, "open"), pair.untilInSync(standby, "closed")]);
  await pair.agent(active).ask("probe", "open");
};

/** Both ways at once, for that is where a copy goes wrong: the survivor has to follow the copy as well. */
const bothFollow = async (t: ExecutionContext, active: Node): Promise<void> => {
  await settled(active);
  await until("commits wait for the copy", async () => {
    await pair.agent(active).ask("probe", "open");
    return pair.bed(active).sql("SELECT @@GLOBAL.rpl_semi_sync_master_enabled") === "1";
  });
  await insert(active, `after-${performance.now()}`);
  await sameRows(t);
  const standby: Node = active === 1 ? 2 : 1;
  const moves = async (to: Node, from: Node): Promise<void> => {
    await Promise.all([pair.agent(from).ask("closeDatabase"), pair.agent(to).ask("openDatabase")]);
    await Promise.all([pair.agent(from).ask("closeCache"), pair.agent(to).ask("openCache")]);
    await settled(to);
    await insert(to, `moved-${to}-${performance.now()}`);
    await sameRows(t);
  };
  await moves(standby, active);
  await moves(active, standby);
};

test.serial("a pair begins", async (t) => {
  await pair.installClone();
  await Promise.all([pair.bed(1).start(), pair.bed(2).start()]);
  await Promise.all([pair.agent(1).ask("openDatabase"), pair.agent(1).ask("openCache")]);
  await settled(1);
  await insert(1, "first");
  await sameRows(t);
  t.true(has(2, "first"));
});

test.serial("a copy replaces the standby's data while the active node is written to", async (t) => {
  await pair.agent(1).ask("startWriting", "copied", 8, PAUSE_MS);
  await pause(500);
  const began = performance.now();
  const report = await pair.bed(2).takeCopy();
  t.is(report.because, null);
  t.is(report.phase, "done");
  t.is(report.saved, null);
  t.true(report.bytes > 1_000_000);
  const copied = performance.now() - began;
  await pair.untilInSync(2, "closed");
  const acknowledged = await pair.agent(1).ask("stopWriting");
  t.log(
    `${report.bytes} bytes in ${copied.toFixed(0)} ms, in sync after ${(performance.now() - began).toFixed(0)} ms, ` +
      `${acknowledged.length} rows meanwhile`,
  );
  t.true(acknowledged.length > 50);
  await sameRows(t);
  await bothFollow(t, 1);
});

test.serial(
  "an empty disk is filled, also where the log of the active node is purged",
  async (t) => {
    await pair.bed(2).stop("SIGKILL");
    for (const store of ["mysql", "redis"])
      rmSync(join(pair.bed(2).root, "var/lib", store), { recursive: true });
    pair.bed(1).sql("FLUSH BINARY LOGS; FLUSH BINARY LOGS");
    const last = pair.bed(1).sql("SHOW BINARY LOGS").split("\n").at(-1)?.split("\t")[0] ?? "";
    // A connection of the dead node keeps the logs that it reads for a moment.
    await until("the log is purged", () => {
      pair.bed(1).sql(`PURGE BINARY LOGS TO '${last}'`);
      return pair.bed(1).sql("SHOW BINARY LOGS").startsWith(last);
    });
    await pair.bed(2).start();
    const before = await pair.agent(2).ask("copiesAsked");
    await until("a copy is asked for", async () => {
      await pair.agent(2).ask("probe", "closed");
      return (await pair.agent(2).ask("copiesAsked")) > before;
    });
    t.is((await pair.bed(2).takeCopy()).phase, "done");
    await bothFollow(t, 1);
  },
);

test.serial("what only the returning node has is saved before it is copied anew", async (t) => {
  pair.crosslink("down");
  await pair.agent(1).ask("stopWaitingForPeer");
  await insert(1, "stray-one");
  await insert(1, "stray-two");
  await pair.agent(2).ask("openDatabase");
  await pair.agent(2).ask("openCache");
  await Promise.all([pair.agent(1).ask("closeDatabase"), pair.agent(1).ask("closeCache")]);
  await insert(2, "kept");
  pair.crosslink("up");
  const before = await pair.agent(1).ask("copiesAsked");
  await until("a copy is asked for", async () => {
    const { stores } = await pair.agent(1).ask("probe", "closed");
    t.not(stores[0]?.state, "in-sync");
    return (await pair.agent(1).ask("copiesAsked")) > before;
  });
  const report = await pair.bed(1).takeCopy();
  t.is(report.because, null);
  t.is(report.phase, "done");
  const folder = join(pair.bed(1).root, report.saved ?? "");
  t.log(readFileSync(join(folder, "README"), "utf8"));
  t.regex(
    readFileSync(join(folder, "README"), "utf8"),
    /2 transactions after 1:\d+\nrows inserted 2,/,
  );
  const rows = readFileSync(join(folder, "rows.txt"), "utf8");
  t.regex(rows, /'stray-one'[^]*'stray-two'/);
  t.notRegex(rows, /'first'|'moved/);
  t.true(readdirSync(folder).some((name) => name.startsWith("ngcp-bin.0")));
  await settled(2);
  t.false(has(1, "stray-one"));
  t.true(has(1, "kept"));
  const { back, conflicting } = await pair
    .agent(1)
    .ask("bringBack", join(folder, "rows.txt"), false);
  t.deepEqual([back, conflicting], [2, 0]);
  t.true(has(2, "stray-one") && has(2, "stray-two"));
  await bothFollow(t, 2);
  t.true(has(1, "stray-one") && has(1, "stray-two"));
});

test.serial("a copy that breaks off leaves the old data, and the next one is whole", async (t) => {
  const taking = pair.bed(1).takeCopy();
  await until("the copy arrives", () => pair.bed(1).copyReport()?.phase === "receiving");
  pair.crosslink("down");
  const report = await taking;
  t.is(report.phase, "failed");
  t.log(report.because);
  t.regex(pair.bed(1).sql(COUNT), /^\d+/);
  pair.crosslink("up");
  t.is((await pair.bed(1).takeCopy()).phase, "done");
  await bothFollow(t, 2);
});

const writeRole = (node: Node, role: string): void => {
  const folder = join(pair.bed(node).root, "run/ngcp-ha");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "role"), `${role} 1 closed\n`);
};

test.serial("a node that becomes active while it is copied keeps its own data", async (t) => {
  writeRole(1, "standby");
  const taking = pair.bed(1).takeCopy();
  await until("the copy arrives", () => pair.bed(1).copyReport()?.phase === "receiving");
  writeRole(1, "active");
  const report = await taking;
  t.is(report.phase, "failed");
  t.regex(report.because ?? "", /this node is active, and a copy is for a standby/);
});

test.serial("a copy that was complete when the node became active is not taken", async (t) => {
  const copy = join(pair.bed(1).root, "var/lib/mysql-clone");
  await pair.bed(1).end("mysql", "SIGTERM");
  mkdirSync(copy, { recursive: true });
  writeFileSync(join(copy, "ngcp-prepared"), "");
  await pair.bed(1).startMysql();
  t.true(has(1, "stray-one"));
  t.false(existsSync(copy));
  writeRole(1, "standby");
  await bothFollow(t, 2);
});
