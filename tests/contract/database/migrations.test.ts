import { spawn, spawnSync } from "node:child_process";
import type { SpawnSyncReturns } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import test from "ava";
import { StorePair } from "../stores/bed.ts";
import type { Node } from "../stores/bed.ts";
import { asProxy, caughtUp } from "./provisioner.ts";

/* The revisions of the schema on the MariaDB of Debian 13, replicated between two nodes. */

const pair = new StorePair("schema");

test.after.always(() => pair.remove());

const MIGRATIONS = "appliance/database/migrations";
const FILES = readdirSync(MIGRATIONS).sort();
const DATABASES = "'ngcp', 'provisioning', 'billing', 'kamailio', 'accounting'";

const migrate = (node: Node): string => pair.bed(node).chroot("/usr/lib/ngcp/mysql-migrate");

const revisions = (node: Node): string =>
  pair.bed(node).sql("SELECT revision, node, site_id FROM ngcp.db_schema ORDER BY id");

const revisionsOf = (node: Node): number =>
  pair.bed(node).sql("SHOW TABLES IN ngcp LIKE 'db_schema'") === ""
    ? 0
    : revisions(node).split("\n").length;

const ALL_REVISIONS = FILES.map((_file, index) => `${index + 1}\tsp1\t1`).join("\n");

/** Every table, column, index and view, and the preferences that are known. */
const shape = (node: Node): string =>
  [
    `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_TYPE, COLLATION_NAME, COLUMN_DEFAULT
      FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN (${DATABASES}) ORDER BY 1, 2, 4`,
    `SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE
      FROM information_schema.STATISTICS WHERE TABLE_SCHEMA IN (${DATABASES}) ORDER BY 1, 2, 3, 4`,
    `SELECT TABLE_NAME, VIEW_DEFINITION, DEFINER, SECURITY_TYPE
      FROM information_schema.VIEWS WHERE TABLE_SCHEMA IN (${DATABASES}) ORDER BY 1`,
    "SELECT * FROM provisioning.voip_preferences ORDER BY id",
  ]
    .map((statement) => pair.bed(node).sql(statement))
    .join("\n");

/** Procedures hold semicolons of their own: what stands between two lines `DELIMITER` ends with that word. */
const statementsOf = (text: string): readonly string[] =>
  text.split(/^DELIMITER (\S+)\n/m).flatMap((part, index, parts) => {
    if (index % 2 === 1) return [];
    const end = index === 0 ? ";" : (parts[index - 1] ?? ";");
    return part
      .split(`${end}\n`)
      .map((statement) => statement.trim())
      .filter((statement) => statement !== "");
  });

const together = (statements: readonly string[]): string =>
  ["DELIMITER ///", ...statements.map((statement) => `${statement} ///`), ""].join("\n");

const position = (node: Node): string => pair.bed(node).sql("SELECT @@GLOBAL.gtid_binlog_pos");

const open = async (node: Node): Promise<void> => {
  await Promise.all([pair.agent(node).ask("openDatabase"), pair.agent(node).ask("openCache")]);
};

const dropAll = (node: Node): void => {
  for (const name of ["ngcp", "provisioning", "billing", "accounting"])
    pair.bed(node).sql(`DROP DATABASE IF EXISTS ${name}`);
  const views = pair
    .bed(node)
    .sql("SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = 'kamailio'");
  for (const view of views.split("\n").filter((name) => name !== ""))
    pair.bed(node).sql(`DROP VIEW kamailio.${view}`);
  pair.bed(node).sql("ALTER TABLE kamailio.subscriber DROP COLUMN IF EXISTS uuid");
};

let whole = "";

test.serial("rows of the shipped tables are kept, and the peer gets every revision", async (t) => {
  await Promise.all([pair.bed(1).start(), pair.bed(2).start()]);
  await open(1);
  await Promise.all([pair.agent(1).ask("probe", "open"), pair.agent(2).ask("probe", "closed")]);
  pair
    .bed(1)
    .sql("INSERT INTO kamailio.subscriber (username, domain, ha1) VALUES ('old', 'd', 'x')");
  pair
    .bed(1)
    .sql("INSERT INTO kamailio.acc (method, callid, time) VALUES ('INVITE', 'old', NOW())");
  const began = performance.now();
  migrate(1);
  t.log(`${FILES.length} revisions in ${(performance.now() - began).toFixed(0)} ms`);
  t.is(revisions(1), ALL_REVISIONS);
  caughtUp(pair);
  whole = shape(1);
  t.is(shape(2), whole);
  t.is(revisions(2), revisions(1));
  for (const node of [1, 2] as const) {
    t.is(pair.bed(node).sql("SELECT username, uuid FROM kamailio.subscriber"), "old");
    t.is(pair.bed(node).sql("SELECT callid, branch_id FROM kamailio.acc"), "old");
  }
});

test.serial("a second run writes nothing", (t) => {
  const before = position(1);
  migrate(1);
  t.is(position(1), before);
});

test.serial("every statement may be repeated, so an interrupted revision is finished", (t) => {
  dropAll(1);
  pair.bed(1).sql("CREATE DATABASE ngcp");
  for (const file of FILES) {
    const statements = statementsOf(readFileSync(`${MIGRATIONS}/${file}`, "utf8"));
    for (let count = 1; count <= statements.length; count += 8)
      pair.bed(1).carryOut(together(statements.slice(0, count)));
    pair.bed(1).carryOut(together(statements));
  }
  migrate(1);
  t.is(revisions(1), ALL_REVISIONS);
  // The views belong to who made them last; the repetition above was root's.
  t.is(shape(1).replaceAll("root@localhost", "ngcp@localhost"), whole);
});

test.serial(
  "a MariaDB that is killed in the middle of a revision has it after the next run",
  async (t) => {
    dropAll(1);
    const { root, namespace } = pair.bed(1);
    const command = ["netns", "exec", namespace, "chroot", root, "/usr/lib/ngcp/mysql-migrate"];
    const cut = spawn("ip", command, { stdio: "ignore" });
    const ended = once(cut, "exit");
    const tables =
      "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'provisioning'";
    while (Number(pair.bed(1).sql(tables)) < 3);
    await pair.bed(1).end("mysql", "SIGKILL");
    await ended;
    t.not(cut.exitCode, 0);
    await pair.bed(1).startMysql();
    await pair.agent(1).ask("openDatabase");
    t.true(revisionsOf(1) < FILES.length);
    migrate(1);
    t.is(shape(1), whole);
    await pair.agent(1).ask("probe", "open");
    await pair.untilInSync(2, "closed");
    caughtUp(pair);
    t.is(shape(2), whole);
  },
);

test.serial(
  "a node that is read-only waits, and finds nothing to do when it may write",
  async (t) => {
    await pair.untilInSync(1, "open");
    const { root, namespace } = pair.bed(2);
    const before = shape(2);
    const command = ["netns", "exec", namespace, "chroot", root, "/usr/lib/ngcp/mysql-migrate"];
    const waiting = spawn("ip", command, { stdio: "ignore" });
    const ended = once(waiting, "exit");
    const loops = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'ngcp'";
    while (pair.bed(2).sql(loops) === "0");
    t.is(waiting.exitCode, null);
    await pair.agent(1).ask("closeDatabase");
    await pair.agent(2).ask("openDatabase");
    await ended;
    t.is(waiting.exitCode, 0);
    t.is(shape(2), before);
    t.is(pair.bed(2).sql("SELECT DISTINCT node FROM ngcp.db_schema"), "sp1");
  },
);

/** As `migrate`, also where it fails. */
const migrated = (node: Node): SpawnSyncReturns<string> => {
  const { root, namespace } = pair.bed(node);
  const program = ["chroot", root, "/usr/lib/ngcp/mysql-migrate"];
  return spawnSync("ip", ["netns", "exec", namespace, ...program], { encoding: "utf8" });
};

test.serial("a revision that cannot be read is no success, and none is run", (t) => {
  const before = revisions(2);
  const folder = `${pair.bed(2).root}/usr/share/ngcp/migrations`;
  writeFileSync(`${folder}/0097-good.sql`, "SELECT 'run';\n");
  symlinkSync("nowhere", `${folder}/0098-lost.sql`);
  t.teardown(() => {
    for (const name of ["0097-good.sql", "0098-lost.sql"]) rmSync(`${folder}/${name}`);
  });
  const { status, stdout, stderr } = migrated(2);
  t.not(status, 0);
  t.is(stdout, "");
  t.regex(stderr, /0098-lost\.sql/);
  t.is(revisions(2), before);
});

test.serial("a revision that fails is named, is not in force, and nothing after it is run", (t) => {
  const before = revisions(2);
  const added = {
    "0097-good.sql": "SELECT 'the first was run';",
    "0098-bad.sql": "SELECT 'its beginning was run';\nSELECT * FROM ngcp.nothing;",
    "0099-late.sql": "SELECT 'what comes after was run';",
  };
  const folder = `${pair.bed(2).root}/usr/share/ngcp/migrations`;
  for (const [name, text] of Object.entries(added)) writeFileSync(`${folder}/${name}`, `${text}\n`);
  t.teardown(() => {
    for (const name of Object.keys(added)) rmSync(`${folder}/${name}`);
  });
  const { status, stdout, stderr } = migrated(2);
  t.not(status, 0);
  t.is(
    stdout,
    "revision 97: 0097-good.sql\nthe first was run\nrevision 98: 0098-bad.sql\nits beginning was run\n",
  );
  t.regex(stderr, /SELECT \* FROM ngcp\.nothing[^]*ngcp\.nothing' doesn't exist/);
  t.is(revisions(2), `${before}\n97\tsp2\t1`);
  pair.bed(2).sql("DELETE FROM ngcp.db_schema WHERE revision = 97");
});

test.serial("the statements of the package before this one work on the new tables", (t) => {
  const shipped = readFileSync("appliance/database/schema/010-kamailio.sql", "utf8");
  pair.bed(2).sql(`USE kamailio; ${shipped}`);
  t.is(shape(2), whole);
  const proxy = (statement: string): string => asProxy(pair, 2, statement);
  proxy(
    `insert into acc (method, from_tag, to_tag, callid, sip_code, sip_reason, time, time_hires, src_user, src_domain,
     dst_ouser, dst_user, dst_domain) select 'BYE', 'f', 't', 'c', '200', 'OK', now(), unix_timestamp(now(3)), 'a', 'd',
     'b', 'b', 'd' from dual where not exists (select 1 from acc where callid = 'c' and method = 'BYE')`,
  );
  proxy("insert into subscriber (username, domain, ha1) values ('older', 'd', 'x')");
  t.is(proxy("select ha1 from subscriber where username = 'older' and domain = 'd'"), "x");
  proxy("select * from usr_preferences, dom_preferences, preferences, dbaliases, call_forwards");
  t.throws(() => proxy("select * from provisioning.voip_subscribers"));
});
