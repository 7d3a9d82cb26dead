import { NODES } from "../../../ops/lab/names.ts";
import type { NodeName } from "../../../ops/lab/names.ts";
import { ExpectationError } from "./expectation-error.ts";
import type { Faults } from "./faults.ts";

/** A table like that of the call records, and not that one: what lies there is work for the mediator. */
const TABLE = "kamailio.filler";
const PART_ROWS = 10_000;
/** Far more than it takes: it stops at the size. */
const MOST_PARTS = 300;
const WANTED_MB = 500;
/** So many between two looks at the size. */
const PARTS = 5;
const APPLIED_WITHIN_S = 120;

const FILL = `INSERT INTO ${TABLE} (method, callid, sip_reason, time) SELECT 'FILLER', SHA2(seq, 256), REPEAT(MD5(seq), 4), NOW() FROM seq_1_to_${PART_ROWS}`;
const FILL_PARTS = `for part in $(seq ${PARTS}); do echo "${FILL};"; done | mariadb kamailio`;
const SIZE = `SELECT ROUND(SUM(FILE_SIZE) / 1E6) FROM information_schema.INNODB_SYS_TABLESPACES WHERE NAME NOT LIKE 'mysql/%'`;
const DROP = `[ "$(mariadb -N -e 'SELECT @@read_only')" != 0 ] || mariadb -e 'DROP TABLE IF EXISTS ${TABLE}'`;

/**
 * A data set of 500 MB, on both nodes when it resolves; it goes when the drill ends.
 *
 * @returns the size of the tables of the active node, megabytes
 * @throws {ExpectationError} it is smaller, or the standby does not apply it
 */
export const fillDatabase = async (
  faults: Faults,
  active: NodeName,
  standby: NodeName,
): Promise<number> => {
  const ask = async (node: NodeName, query: string): Promise<string> =>
    (await faults.must(node, ["mariadb", "-N", "-e", query])).trim();
  faults.undoLater("filler", async () => {
    for (const node of NODES) await faults.exec(node, ["sh", "-c", DROP]);
  });
  await ask(active, `CREATE TABLE IF NOT EXISTS ${TABLE} LIKE kamailio.acc`);
  for (
    let part = 0;
    Number(await ask(active, SIZE)) < WANTED_MB && part < MOST_PARTS;
    part += PARTS
  )
    await faults.must(active, ["sh", "-c", FILL_PARTS]);
  const all = await ask(active, "SELECT @@gtid_binlog_pos");
  const domain = await ask(active, "SELECT @@gtid_domain_id");
  const position = all.split(",").find((gtid) => gtid.startsWith(`${domain}-`)) ?? "";
  const wait = `SELECT MASTER_GTID_WAIT('${position}', ${APPLIED_WITHIN_S})`;
  if ((await ask(standby, wait)) !== "0")
    throw new ExpectationError(`${standby} does not apply what ${active} was filled with`);
  const megabytes = Number(await ask(active, SIZE));
  if (megabytes < WANTED_MB)
    throw new ExpectationError(
      `the tables take ${megabytes} MB: a drill with ${WANTED_MB} was wanted`,
    );
  return megabytes;
};
