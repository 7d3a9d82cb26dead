import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { StorePair } from "./bed.ts";

/* What can go wrong with a standby's replication: each is named in a sentence and, where that is safe, healed. */

const pair = new StorePair("faults");

test.after.always(() => pair.remove());

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it did not come about: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

let written = 0;

const insert = async (): Promise<string> => {
  written += 1;
  const callid = `row-${written}`;
  await pair.agent(1).ask("sql", `INSERT INTO acc (callid, time) VALUES ('${callid}', NOW())`);
  return callid;
};

const arrives = async (callid: string): Promise<void> => {
  const count = `SELECT COUNT(*) FROM kamailio.acc WHERE callid = '${callid}'`;
  await until(`${callid} arrives`, async () => {
    await pair.agent(2).ask("probe", "closed");
    return pair.bed(2).sql(count) === "1";
  });
};

/** As it was before: in sync, and a row that is written arrives. */
const inOrder = async (t: ExecutionContext): Promise<void> => {
  await pair.untilInSync(2, "closed");
  await arrives(await insert());
  t.pass();
};

/** The remedy is a copy: it is asked for, taken, and the pair is in order. */
const copied = async (t: ExecutionContext, before: number): Promise<void> => {
  await until("a copy is asked for", async () => {
    await pair.agent(2).ask("probe", "closed");
    return (await pair.agent(2).ask("copiesAsked")) > before;
  });
  t.is((await pair.bed(2).takeCopy()).phase, "done");
  await inOrder(t);
};

const replica = (statements: string): string =>
  pair.bed(2).sql(`SET sql_log_bin = 0; ${statements}`);

const statusOfReplica = (): string =>
  pair.bed(2).sql("SHOW SLAVE STATUS\\G").replaceAll(/^ +/gm, "");

test.serial("a pair begins", async (t) => {
  await pair.installClone();
  await Promise.all([pair.bed(1).start(), pair.bed(2).start()]);
  await Promise.all([pair.agent(1).ask("openDatabase"), pair.agent(1).ask("openCache")]);
  await pair.untilInSync(1, "open");
  await inOrder(t);
});

test.serial("1032: a row that is changed is not there", async (t) => {
  const before = await pair.agent(2).ask("copiesAsked");
  const callid = await insert();
  await arrives(callid);
  replica(`DELETE FROM kamailio.acc WHERE callid = '${callid}'`);
  const change = `UPDATE acc SET sip_reason = 'changed' WHERE callid = '${callid}'`;
  await pair.agent(1).ask("sql", change);
  t.is(
    await pair.untilDetail(2, "closed", /1032/),
    "MariaDB: a row that sp1 changed is not in this database (error 1032); it is copied anew from sp1",
  );
  await copied(t, before);
});

test.serial("1062: a row that comes is there already", async (t) => {
  const before = await pair.agent(2).ask("copiesAsked");
  const id = "3000000001";
  replica(`INSERT INTO kamailio.acc (id, callid, time) VALUES (${id}, 'here', NOW())`);
  await pair
    .agent(1)
    .ask("sql", `INSERT INTO acc (id, callid, time) VALUES (${id}, 'there', NOW())`);
  t.is(
    await pair.untilDetail(2, "closed", /1062/),
    "MariaDB: a row from sp1 has a key that another row has here (error 1062); it is copied anew from sp1",
  );
  await copied(t, before);
});

test.serial("1236: the active node no longer keeps the log that the standby needs", async (t) => {
  const before = await pair.agent(2).ask("copiesAsked");
  await pair.bed(2).end("mysql", "SIGTERM");
  await insert();
  pair.bed(1).sql("FLUSH BINARY LOGS");
  await insert();
  const last = pair.bed(1).sql("SHOW BINARY LOGS").split("\n").at(-1)?.split("\t")[0] ?? "";
  await until("the log is purged", () => {
    pair.bed(1).sql(`PURGE BINARY LOGS TO '${last}'`);
    return pair.bed(1).sql("SHOW BINARY LOGS").startsWith(last);
  });
  await pair.bed(2).startMysql();
  t.is(
    await pair.untilDetail(2, "closed", /1236/),
    "MariaDB: sp1's binary log no longer holds, or never held, the position this database is at (error 1236); it is copied anew from sp1",
  );
  await copied(t, before);
});

test.serial("a relay log that cannot be read is fetched again", async (t) => {
  replica("STOP SLAVE SQL_THREAD");
  const rows = [await insert(), await insert(), await insert()];
  const folder = join(pair.bed(2).root, "var/lib/mysql");
  const holds = (name: string): boolean => readFileSync(join(folder, name)).includes(rows[2] ?? "");
  const logs = (): readonly string[] =>
    readdirSync(folder).filter((name) => /^ngcp-relay\.\d+$/.test(name));
  await until("the rows are in the relay log", () => logs().some(holds));
  for (const name of logs().filter(holds)) {
    const bytes = readFileSync(join(folder, name));
    bytes[bytes.indexOf(rows[1] ?? "")] = 0;
    writeFileSync(join(folder, name), bytes);
  }
  replica("START SLAVE SQL_THREAD");
  await until("it cannot be read", () => /^1594$/m.test(statusOfReplica()));
  for (const row of rows) await arrives(row);
  await inOrder(t);
});

test.serial("threads with an old password are given that of the pair", async (t) => {
  replica("STOP SLAVE; CHANGE MASTER TO MASTER_PASSWORD = 'old'; START SLAVE");
  await until("it is refused", () => /^1045$/m.test(statusOfReplica()));
  await inOrder(t);
});

test.serial(
  "a peer that refuses the password of the pair is named until it does not",
  async (t) => {
    const account = "'ngcp_replica'@'192.168.255.252'";
    const right = pair.bed(1).sql(`SHOW CREATE USER ${account}`);
    const hash = /BY PASSWORD '([^']*)'/.exec(right)?.[1] ?? "";
    pair.bed(1).sql(`SET sql_log_bin = 0; SET PASSWORD FOR ${account} = PASSWORD('another')`);
    replica("STOP SLAVE; START SLAVE");
    t.is(
      await pair.untilDetail(2, "closed", /1045/),
      "MariaDB: sp1 refuses the password of the pair (error 1045)",
    );
    pair.bed(1).sql(`SET sql_log_bin = 0; SET PASSWORD FOR ${account} = '${hash}'`);
    await inOrder(t);
  },
);

test.serial("a server_id that is the peer's is named until it is not", async (t) => {
  replica("STOP SLAVE; SET GLOBAL server_id = 1; START SLAVE");
  t.is(
    await pair.untilDetail(2, "closed", /1593/),
    "MariaDB: it has the same server_id as sp1 (error 1593)",
  );
  replica("SET GLOBAL server_id = 2; STOP SLAVE; START SLAVE");
  await inOrder(t);
});
