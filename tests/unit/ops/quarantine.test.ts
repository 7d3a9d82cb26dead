import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { parseLog } from "../../../ops/commands/replication/quarantine/log.ts";
import { netOf } from "../../../ops/commands/replication/quarantine/net.ts";
import { literalOf } from "../../../ops/commands/replication/quarantine/values.ts";
import type { Column } from "../../../ops/commands/replication/quarantine/values.ts";
import {
  foldersIn,
  folderOf,
  markRestored,
} from "../../../ops/commands/replication/quarantine/folders.ts";

const KEY: Column = { name: "id", type: "int", isUnsigned: true, isKey: true, isGenerated: false };
const NAME: Column = { ...KEY, name: "name", type: "varchar", isKey: false };
const TABLES = new Map([["`k`.`t`", [KEY, NAME]]]);

const insert = (id: string, name: string): string =>
  `### INSERT INTO \`k\`.\`t\`\n### SET\n###   @1=${id}\n###   @2=${name}\n`;
const update = (id: string, from: string, to: string): string =>
  `### UPDATE \`k\`.\`t\`\n### WHERE\n###   @1=${id}\n###   @2=${from}\n### SET\n###   @1=${id}\n###   @2=${to}\n`;
const remove = (id: string, name: string): string =>
  `### DELETE FROM \`k\`.\`t\`\n### WHERE\n###   @1=${id}\n###   @2=${name}\n`;

const net = (text: string) => netOf(parseLog(text).changes, TABLES);

test("what a row was first and became last is what counts", (t) => {
  const { rows } = net(insert("1", "'a'") + update("1", "'a'", "'b'") + update("2", "'x'", "'y'"));
  t.like(rows[0], { before: undefined, after: ["1", "'b'"] });
  t.like(rows[1], { before: ["2", "'x'"], after: ["2", "'y'"] });
});

test("a row that came and went, or is as it was before, is no change", (t) => {
  t.deepEqual(net(insert("1", "'a'") + remove("1", "'a'")).rows, []);
  t.deepEqual(net(update("1", "'a'", "'b'") + update("1", "'b'", "'a'")).rows, []);
});

test("a row that moved to another key went there and came here", (t) => {
  const moved = update("1", "'a'", "'a'").replace("SET\n###   @1=1", "SET\n###   @1=2");
  const { rows } = net(moved);
  t.like(rows[0], { before: ["1", "'a'"], after: undefined });
  t.like(rows[1], { before: undefined, after: ["2", "'a'"] });
});

test("a table that is not there, and one that has changed, are told", (t) => {
  const other = insert("1", "'a'").replace("`t`", "`gone`");
  const wider = `${insert("1", "'a'")}###   @3=5\n`;
  t.deepEqual(net(other + wider).unfit, [
    { sentence: "`k`.`gone` is not on the active node", rows: 1 },
    { sentence: "`k`.`t` has other columns than when the row was written", rows: 1 },
  ]);
});

test("a transaction that changes a table is no row", (t) => {
  const text =
    "#261130  2:00:00 server id 1  end_log_pos 42 \tGTID 1-1-8 ddl\nCREATE TABLE x (a INT)\n";
  t.deepEqual(parseLog(text), { changes: [], definitions: ["1-1-8"] });
});

test("values are what their columns make of the log's texts", (t) => {
  t.is(literalOf("-1 (4294967295)", KEY)?.sql, "4294967295");
  t.is(literalOf("-1 (4294967295)", { ...KEY, isUnsigned: false })?.sql, "-1");
  t.deepEqual(literalOf("'it's'", NAME)?.values, [Buffer.from("it's")]);
  t.is(literalOf("b'011'", { ...KEY, type: "set" })?.sql, "b'011' + 0");
  t.is(
    literalOf("1767323045.678", { ...KEY, type: "timestamp" })?.sql,
    "'2026-01-02 03:04:05.678'",
  );
  t.deepEqual(literalOf("'2026:02:28'", { ...KEY, type: "date" })?.values, ["2026-02-28"]);
  t.is(literalOf("NULL", NAME)?.sql, "NULL");
});

test("a text that may mean two things, and one that is no value, are not guessed", (t) => {
  t.is(literalOf("'one\\x0atwo'", NAME), undefined);
  t.is(literalOf("1; DROP TABLE x", KEY), undefined);
  t.is(literalOf("", KEY), undefined);
});

test("folders are listed oldest first, and know what was brought back", async (t) => {
  const store = mkdtempSync(join(tmpdir(), "tandem-quarantine-"));
  t.teardown(() => rmSync(store, { recursive: true }));
  for (const name of [
    "2026-02-02T00.00.00Z",
    "2026-01-01T00.00.00Z",
    ".unfinished.x",
    "2026-03-03T00.00.00Z-repair",
  ])
    mkdirSync(join(store, name));
  const readme = "2 transactions\nrows inserted 2\nfiles";
  writeFileSync(join(store, "2026-01-01T00.00.00Z/README"), readme);
  t.deepEqual(
    foldersIn(store).map(({ name }) => name.slice(0, 7)),
    ["2026-01", "2026-02", "2026-03"],
  );
  const first = folderOf(store, "2026-01-01T00.00.00Z");
  t.deepEqual(first.about, ["2 transactions", "rows inserted 2"]);
  t.is(first.restored, undefined);
  await markRestored(first, "all of it");
  t.is(folderOf(store, first.path).restored, "all of it");
  t.true(foldersIn(store)[2]?.isOfRepair);
  t.throws(() => folderOf(store, "../etc"), { message: /there is no \.\.\/etc/ });
});
