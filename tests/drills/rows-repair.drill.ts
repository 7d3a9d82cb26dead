import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";
import type { Pair } from "./harness/pair.ts";

const PAUSE_MS = 20;
const KEPT = "method = 'KEPT'";
const ROWS = 5_000;

const BEHIND_REPLICATIONS_BACK = `SET SESSION sql_log_bin = OFF;
  UPDATE acc SET sip_reason = 'spoilt' WHERE ${KEPT} AND callid = 'kept-7';
  DELETE FROM acc WHERE ${KEPT} AND callid = 'kept-8'`;

/** What a tool of the standby prints. @throws {ExpectationError} when it ends with another status than `statusOf` says */
const tool = async (
  pair: Pair,
  action: string,
  statusOf: (said: string) => number,
): Promise<string> => {
  const done = await pair.faults.exec(pair.standby, ["ngcp-replication", action]);
  const said = `${done.stdout}${done.stderr}`;
  if (done.status !== statusOf(said))
    throw new ExpectationError(`${action} ended with ${done.status}: ${said}`);
  return said;
};

/** 1 where the standby was slower than the clients that write, and so nothing can be said of some rows. */
const statusOfRepair = (said: string): number =>
  /2 rows differed; 2 made equal; \d+ not compared/.test(said) ? 1 : 0;

const expectSaid = (said: string, ...wanted: readonly RegExp[]): void => {
  const missing = wanted.filter((pattern) => !pattern.test(said));
  if (missing.length > 0)
    throw new ExpectationError(`it does not say ${missing.map(String).join(" and ")}: ${said}`);
};

export const story = drill(
  "rows-repair",
  "rows of the standby are changed behind replication's back; a check finds and shows them, a repair saves them and makes them equal, and a call goes on",
  async (pair) => {
    await pair.settled();
    const insert = `INSERT INTO acc (method, callid, sip_reason, time, time_hires, mediated) SELECT 'KEPT', CONCAT('kept-', seq), 'OK', NOW(), UNIX_TIMESTAMP(), 1 FROM seq_1_to_${ROWS}`;
    await pair.faults.must(pair.active, [
      "mariadb",
      "kamailio",
      "-e",
      `DELETE FROM acc WHERE ${KEPT}; ${insert}`,
    ]);
    await pair.ready();
    pair.writeRows(PAUSE_MS);
    await pair.faults.must(pair.standby, ["mariadb", "kamailio", "-e", BEHIND_REPLICATIONS_BACK]);

    const found = await tool(pair, "check", () => 1);
    expectSaid(found, /2 rows differ/, /here {4}\{.*"spoilt"/, /here {4}no such row/);
    await pair.expect.status(pair.standby, {
      shows: "two rows that differ",
      holds: ({ stores }) => stores.some(({ lastCheck }) => lastCheck?.differences === 2),
      withinMs: 5_000,
    });
    await pair.expect.status(pair.active, {
      shows: "that two rows of its standby differ",
      holds: ({ peer }) =>
        peer.report?.stores.some(({ lastCheck }) => lastCheck?.differences === 2) === true,
      withinMs: 5_000,
    });
    const repaired = await tool(pair, "repair", statusOfRepair);
    expectSaid(repaired, /2 made equal/);
    const [, folder = ""] = /what they were is in (\S+)$/m.exec(repaired) ?? [];
    const saved = await pair.faults.must(pair.standby, ["cat", `${folder}/rows.txt`]);
    expectSaid(saved, /was {6}\{.*"spoilt"/, /was {6}no such row\n {2}becomes {2}\{.*"kept-8"/);

    const { lost, quarantined } = await pair.countRows(nowMs());
    if (lost + quarantined > 0)
      throw new ExpectationError(`${lost + quarantined} rows are not in the databases`);
    await pair.expect.callKept();
    pair.expect.noOutage();
  },
);
