import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { StorePair } from "./bed.ts";

/* What ngcp-replication check and repair find and put right, on the servers of Debian 13. sp2 is the standby. */

const pair = new StorePair("check");

test.after.always(() => pair.remove());

const socketOf = (): string => join(pair.bed(2).root, "run/mysqld/mysqld.sock");
const folderOf = (name: string): string => join(pair.bed(2).root, "var/lib/ngcp-ha", name);

const check = () => pair.agent(2).ask("compare", socketOf());
const repair = (name: string) => pair.agent(2).ask("compare", socketOf(), folderOf(name));

/** On the standby alone, as nobody should. */
const spoil = (statements: string): string => pair.bed(2).sql(`SET sql_log_bin = 0; ${statements}`);

/** What the server itself makes of all rows. */
const sumOf = (node: 1 | 2, table: string): string => pair.bed(node).sql(`CHECKSUM TABLE ${table}`);

const KEYED = "kamailio.keyed";
const FILLED = 25_000;
/** Between two rows of a client: one applier keeps up with eight of them on a busy machine. */
const PAUSE_MS = 20;

test.serial("a pair begins, with rows of every kind", async (t) => {
  await Promise.all([pair.bed(1).start(), pair.bed(2).start()]);
  await Promise.all([pair.agent(1).ask("openDatabase"), pair.agent(1).ask("openCache")]);
  await Promise.all([pair.untilInSync(1, "open"), pair.untilInSync(2, "closed")]);
  pair.bed(1).carryOut(`USE kamailio;
    CREATE TABLE ${KEYED} (b VARCHAR(20) COLLATE utf8mb4_general_ci, a INT, bytes BLOB, amount DECIMAL(20,6),
      at DATETIME(6), big BIGINT UNSIGNED, half FLOAT, twice BIGINT UNSIGNED AS (big DIV 2) STORED, PRIMARY KEY (b, a));
    CREATE TABLE kamailio.keyless (a INT, b TEXT);
    INSERT INTO kamailio.keyless SELECT seq, IF(seq % 3, NULL, 'NULL') FROM seq_1_to_1500;
    INSERT INTO ${KEYED} (b, a, bytes, amount, at, big, half)
      SELECT CHAR(97 + seq % 20), seq, UNHEX(MD5(seq)), seq / 7, NOW(6), 18446744073709551615 - seq, seq / 3
      FROM seq_1_to_3000;
    INSERT INTO kamailio.acc (method, callid, time)
      SELECT 'FILLER', MD5(seq), NOW() FROM seq_1_to_${FILLED};`);
  const { sentence, differences, said } = await check();
  t.regex(sentence, /^\d+ tables: the rows are equal$/);
  t.is(differences, 0);
  t.deepEqual(said, []);
});

test.serial("what differs is found while eight clients write, and shown row by row", async (t) => {
  await pair.agent(1).ask("startWriting", "beside", 8, PAUSE_MS);
  spoil(`UPDATE kamailio.acc SET sip_reason = 'spoilt' WHERE method = 'FILLER' ORDER BY id LIMIT 1;
    DELETE FROM kamailio.acc WHERE method = 'FILLER' ORDER BY id DESC LIMIT 1;
    INSERT INTO kamailio.acc (id, callid, time) VALUES (4000000000, 'too many', NOW());
    UPDATE ${KEYED} SET bytes = UNHEX('00ff'), big = big - 1 WHERE a = 1717;
    UPDATE ${KEYED} one JOIN ${KEYED} other ON one.a = 100 AND other.a = 120
      SET one.amount = other.amount, other.amount = one.amount;`);
  const { sentence, differences, said } = await check();
  const text = said.join("\n");
  t.log(sentence);
  t.regex(sentence, /^\d+ tables: [56] rows differ/);
  t.true(differences >= 5);
  t.regex(text, /here {4}\{.*"sip_reason":"spoilt"/);
  t.regex(text, /here {4}no such row/);
  t.regex(text, /active {2}no such row\n {2}here {4}\{.*"too many"/);
  t.regex(text, /"bytes":"0x00ff".*"big":"18446744073709549897"/);
});

test.serial(
  "repair saves what the standby had and makes it equal, while clients write",
  async (t) => {
    const { sentence, differences } = await repair("repaired");
    t.log(sentence);
    t.is(differences, 0);
    t.regex(
      sentence,
      /: ([56]) rows differed; \1 made equal(; \d+ not compared: .*)?; what they were is in .*repaired$/,
    );
    const saved = readFileSync(join(folderOf("repaired"), "rows.txt"), "utf8");
    t.regex(saved, /was {6}\{.*"sip_reason":"spoilt"/);
    t.regex(saved, /was {6}\{.*"too many".*\n {2}becomes {2}no such row/);
    t.regex(saved, /was {6}no such row\n {2}becomes {2}\{.*"FILLER"/);
    const acknowledged = await pair.agent(1).ask("stopWriting");
    t.true(acknowledged.length > 50);
    t.regex((await check()).sentence, /the rows are equal$/);
    t.is(sumOf(2, KEYED), sumOf(1, KEYED));
    t.is(sumOf(2, "kamailio.acc"), sumOf(1, "kamailio.acc"));
    // What was put right stays on this node: the active one has nothing to replicate from it.
    t.notRegex(pair.bed(2).sql("SELECT @@GLOBAL.gtid_binlog_pos"), /(^|,)2-/);
  },
);

test.serial("two rows that have exchanged a value are found", async (t) => {
  spoil(`SET @one = (SELECT callid FROM kamailio.acc WHERE id = 1), @two = (SELECT callid FROM kamailio.acc WHERE id = 3);
    UPDATE kamailio.acc SET callid = IF(id = 1, @two, @one) WHERE id IN (1, 3);`);
  t.regex((await check()).sentence, /2 rows differ/);
  t.is((await repair("exchanged")).differences, 0);
});

test.serial("a table without a key, one too many and one too few are named", async (t) => {
  spoil(`UPDATE kamailio.keyless SET b = 'NULL' WHERE a = 1;
    CREATE TABLE kamailio.extra (a INT PRIMARY KEY); DROP TABLE kamailio.location_attrs;`);
  const { said, differences } = await repair("nothing");
  t.is(differences, 3);
  t.deepEqual(said, [
    "`kamailio`.`location_attrs` is not here",
    "`kamailio`.`extra` is not on the active node",
    "`kamailio`.`keyless` holds 1500 rows on the active node and 1500 here, and they differ",
  ]);
});

test.serial(
  "Redis: numbers of keys and values are compared, in whatever they are kept",
  async (t) => {
    const write = (...words: readonly [string, ...string[]]) =>
      pair.agent(1).ask("redis", ...words);
    await write("SADD", "set", ...Array.from({ length: 600 }, (_none, index) => `member ${index}`));
    await write("HSET", "hash", ...Array.from({ length: 600 }, (_none, index) => `field ${index}`));
    await write("ZADD", "zset", "1", "a", "2", "b");
    await write("RPUSH", "list", "a", "b");
    await write("SET", "text\nof two lines", "\u0000é");
    const equal = await pair.agent(2).ask("compareRedis");
    t.is(equal.differences, 0);
    t.regex(equal.sentence, /^the numbers of keys and 5 values are equal$/);
    await pair.agent(2).ask("redis", "CONFIG", "SET", "replica-read-only", "no");
    await pair.agent(2).ask("redis", "HSET", "hash", "field 0", "spoilt");
    await pair.agent(2).ask("redis", "SET", "extra", "1");
    await pair.agent(2).ask("redis", "CONFIG", "SET", "replica-read-only", "yes");
    const found = await pair.agent(2).ask("compareRedis");
    t.deepEqual(found.said, [
      "Redis database 0: 5 keys on the active node, 6 here",
      'Redis database 0: the value of "hash"',
    ]);
    t.is(found.differences, 2);
  },
);

test.serial("what takes longer than the limit is told as not compared", async (t) => {
  const { sentence, notCompared } = await pair.agent(2).ask("compare", socketOf(), undefined, 1e-4);
  t.log(sentence);
  t.true((notCompared ?? 0) > 0);
  t.regex(sentence, /not compared: written to all the time, slow to read, or this node is behind$/);
});
