import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { NEEDED_REVISION } from "../../../../ops/commands/provision/ground.ts";
import { checkout } from "../../../golden/golden.ts";

const folder = join(checkout, "appliance/database/migrations");
const files = readdirSync(folder).sort();

/** Bodies of procedures hold semicolons: they stand where `DELIMITER //` is in force. */
const statementsOf = (file: string): readonly string[] =>
  readFileSync(join(folder, file), "utf8")
    .replaceAll(/^--.*$/gm, "")
    .split(/^DELIMITER .*$/m)
    .flatMap((part, index) => part.split(index % 2 === 0 ? /;\n/ : /\/\/\n/))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");

/** What can be done again after it was interrupted, and takes nothing from an older package. */
const REPEATABLE =
  /^(CREATE (DATABASE|TABLE|INDEX) IF NOT EXISTS |CREATE OR REPLACE SQL SECURITY DEFINER VIEW |CREATE OR REPLACE (FUNCTION|PROCEDURE) |INSERT IGNORE INTO |UPDATE provisioning\.voip_preferences SET usr_pref = 1|ALTER TABLE \S+ ADD COLUMN IF NOT EXISTS )/;

test("revisions are numbered without a gap, and the tool needs none that is not there", (t) => {
  t.deepEqual(
    files.map((file) => Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(file)?.[1])),
    files.map((_file, index) => index + 1),
  );
  t.true(NEEDED_REVISION <= files.length);
});

test("every statement of a revision may be repeated, and none takes anything away", (t) => {
  for (const file of files)
    for (const statement of statementsOf(file)) {
      t.regex(statement, REPEATABLE, `${file}: ${statement.slice(0, 60)}`);
      t.notRegex(statement, /\b(DROP|MODIFY|CHANGE|RENAME|TRUNCATE)\b/, file);
    }
});

test("a column that comes later has a default, so that an older package still inserts", (t) => {
  for (const statement of files.flatMap(statementsOf))
    for (const [column] of statement.matchAll(/ADD COLUMN IF NOT EXISTS [^,]+/g))
      t.regex(column, /DEFAULT/);
});

test("names are compared byte by byte", (t) => {
  for (const statement of files.flatMap(statementsOf))
    if (/^CREATE (DATABASE|TABLE) (?!.* LIKE )/.test(statement))
      t.regex(statement, /CHARACTER SET utf8mb4 COLLATE utf8mb4_bin$/);
});
