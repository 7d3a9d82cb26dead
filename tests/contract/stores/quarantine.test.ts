import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { StorePair } from "./bed.ts";
import { StoreStory } from "./story.ts";

/* What one node wrote alone comes back to the database that is written to, on the servers and the tools of Debian 13. */

const pair = new StorePair("quar");
const { settled, openBoth, sameRows } = new StoreStory(pair);

test.after.always(() => pair.remove());

const TABLE = "kamailio.kinds";

/** Every kind of column that the log tells in a way of its own, and bytes that no text has. */
const DEFINITION = `CREATE TABLE ${TABLE} (id INT PRIMARY KEY, small TINYINT, big BIGINT UNSIGNED, money DECIMAL(14,6),
  near FLOAT, exact DOUBLE, name VARCHAR(100), raw VARBINARY(20), words TEXT, at DATETIME(3), moment TIMESTAMP(3) NULL,
  day DATE NULL, clock TIME NULL, kind ENUM('a','b'), flags SET('x','y'), bits BIT(5), twice INT AS (small * 2) STORED,
  other INT UNIQUE)`;

const ROWS = `INSERT INTO ${TABLE} (id, small, big, money, near, exact, name, raw, words, at, moment, day, clock, kind, flags, bits, other) VALUES
  (1, -3, 18446744073709551615, -12.345678, 0.1, 0.1, 'it''s a \\\\ slash', x'7fff27', 'größer 🎉', '2026-01-02 03:04:05.678', '2026-01-02 03:04:05.678', '2026-02-28', '-10:11:12', 'b', 'x,y', b'10110', 1),
  (2, NULL, 0, 0, -1.5, 1e300, '', '', 'NULL', '1970-01-01 00:00:00', NULL, NULL, NULL, 'a', '', b'0', 2);
  INSERT INTO ${TABLE} (id, name) VALUES (3, 'two\\nlines'), (4, 'no \\\\x0a line');`;

const CONTENT = `SELECT *, HEX(raw) AS r, HEX(name) AS n, HEX(words) AS w, bits + 0 AS b FROM ${TABLE} ORDER BY id`;

/** As revision 11 of the schema has them: the proxy asks anew when there is one more. */
const EDITIONS =
  "CREATE TABLE kamailio.editions (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY)";

const editions = (): string => pair.bed(2).sql("SELECT COUNT(*) FROM kamailio.editions");

/** Without the rows that the log does not tell. */
const TOLD = `SELECT * FROM (${CONTENT}) content WHERE id NOT IN (3, 4)`;

const saved = (): string => {
  const store = join(pair.bed(1).root, "var/lib/ngcp-ha/quarantine");
  return join(store, readdirSync(store).sort().at(-1) ?? "", "rows.txt");
};

/** What node 1 writes beyond what is there now, as root in its own domain, goes into a folder and off its tables. */
const onlyThere = (statements: string): string => {
  const bed = pair.bed(1);
  const [, position = "0"] =
    /(?:^|,)1-1-(\d+)/.exec(bed.sql("SELECT @@GLOBAL.gtid_binlog_pos")) ?? [];
  bed.carryOut(statements);
  bed.chroot("/usr/lib/ngcp/mysql-quarantine", "1", position, "sp2");
  return saved();
};

let rowsFile = "";
let asWritten = "";

test.serial("node 1 is cut off and writes alone, node 2 takes over", async (t) => {
  await Promise.all([pair.bed(1).start(), pair.bed(2).start()]);
  await openBoth(1);
  await settled(1);
  pair.bed(1).carryOut(`${DEFINITION}; ${EDITIONS};
    INSERT INTO ${TABLE} (id, name, other) VALUES (10, 'to be changed', 10), (11, 'to go', 11), (12, 'to move', 12);`);
  await sameRows(t);
  pair.crosslink("down");
  await pair.agent(1).ask("stopWaitingForPeer");
  await openBoth(2);
  rowsFile = onlyThere(`${ROWS}
    UPDATE ${TABLE} SET name = 'changed once' WHERE id = 10; UPDATE ${TABLE} SET name = 'changed twice' WHERE id = 10;
    DELETE FROM ${TABLE} WHERE id = 11; UPDATE ${TABLE} SET id = 13 WHERE id = 12;
    INSERT INTO ${TABLE} (id) VALUES (99); DELETE FROM ${TABLE} WHERE id = 99;
    INSERT INTO kamailio.editions () VALUES (), (), ();`);
  t.regex(readFileSync(rowsFile, "latin1"), /### INSERT INTO `kamailio`.`kinds`/);
  asWritten = pair.bed(1).sql(TOLD);
  pair.crosslink("up");
});

test.serial("a row that is another one by now is named, and nothing is written", async (t) => {
  pair.bed(2).carryOut(`UPDATE ${TABLE} SET name = 'changed here' WHERE id = 10;
    INSERT INTO ${TABLE} (id, other) VALUES (50, 2);`);
  const before = pair.bed(2).sql(CONTENT);
  const { back, conflicts, conflicting } = await pair.agent(1).ask("bringBack", rowsFile, false);
  t.log(conflicts);
  t.is(back, 0);
  t.is(conflicting, 3);
  const [three, four, ten] = conflicts;
  t.is(three, "`kamailio`.`kinds` id 3: what was written cannot be told from the log");
  t.is(four, "`kamailio`.`kinds` id 4: what was written cannot be told from the log");
  t.is(ten, "`kamailio`.`kinds` id 10: it is another one on the active node");
  t.is(pair.bed(2).sql(CONTENT), before);
  t.is(editions(), "0");
});

test.serial(
  "where it is asked for, the others come back; a unique value that is taken is told",
  async (t) => {
    const { back, conflicts, conflicting } = await pair.agent(1).ask("bringBack", rowsFile, true);
    t.log(conflicts);
    // Row 1, the row that went, and one that moved: it goes and comes.
    t.is(back, 4);
    t.is(conflicting, 4);
    t.regex(conflicts.join(), /id 10: it is another one.*id 2: .*Duplicate entry '2'/);
    t.is(editions(), "1");
  },
);

test.serial(
  "once nothing else is in conflict all is as it was on the node that wrote it",
  async (t) => {
    pair
      .bed(2)
      .carryOut(
        `DELETE FROM ${TABLE} WHERE id = 50; UPDATE ${TABLE} SET name = 'to be changed' WHERE id = 10;`,
      );
    const { back, there, conflicts } = await pair.agent(1).ask("bringBack", rowsFile, true);
    t.is(conflicts.length, 2);
    t.is(back, 2);
    t.is(there, 4);
    t.is(pair.bed(2).sql(TOLD), asWritten);
    // Only what was still in conflict came back now, and the proxy has to ask anew for that, too.
    t.is(editions(), "2");
  },
);

test.serial("a database that is not written to takes nothing in", async (t) => {
  await pair.agent(2).ask("closeDatabase");
  await t.throwsAsync(pair.agent(1).ask("bringBack", rowsFile, true), {
    message: /read-only|not, or is no longer/,
  });
});

test.serial("a changed table and one without a key are named", async (t) => {
  await pair.agent(2).ask("openDatabase");
  const file = onlyThere(
    `CREATE TABLE kamailio.nokey (a INT); INSERT INTO kamailio.nokey VALUES (1), (2);`,
  );
  pair.bed(2).carryOut("CREATE TABLE kamailio.nokey (a INT);");
  const { back, conflicts } = await pair.agent(1).ask("bringBack", file, true);
  t.is(back, 0);
  t.regex(conflicts[0] ?? "", /^transaction 1-1-\d+ changes a table and no rows$/);
  t.is(conflicts[1], "`kamailio`.`nokey` has no primary key to know a row by: 2 rows");
});
