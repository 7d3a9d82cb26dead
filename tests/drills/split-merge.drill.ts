import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";
import { NODES } from "../../ops/lab/names.ts";
import type { NodeName } from "../../ops/lab/names.ts";
import type { Pair } from "./harness/pair.ts";

const PAUSE_MS = 20;
const WRITTEN_MS = 2_000;
const SPLIT_MS = 5_000;
const BECOMES_ACTIVE_WITHIN_MS = 60_000;
const MERGED_WITHIN_MS = 120_000;
const CONTESTED = "callid = 'contested'";

const setPolicy = async ({ faults, active }: Pair, policy: string): Promise<void> => {
  await faults.must(active, ["ngcpcfg", "set", `replication.policy=${policy}`]);
  await faults.must(active, ["ngcpcfg", "apply", "--pair", `policy ${policy}`]);
};

const sql = async ({ faults }: Pair, node: NodeName, statement: string): Promise<string> =>
  (await faults.must(node, ["mariadb", "-N", "kamailio", "-e", statement])).trim();

/**
 * What there is of a split before it happens, on both nodes, since either may be the one that stands down: folders of earlier
 * failures stay until an operator has seen them.
 */
interface Before {
  readonly at: Date;
  readonly folders: readonly string[];
}

const LIST = "[ ! -d /var/lib/ngcp-ha/quarantine ] || ls -1 /var/lib/ngcp-ha/quarantine";

const beforeSplit = async ({ faults }: Pair): Promise<Before> => {
  const listed = await Promise.all(NODES.map((node) => faults.must(node, ["sh", "-c", LIST])));
  return { at: new Date(), folders: listed.join("\n").split("\n") };
};

/** Both are active, each writes, and they hear each other again. */
const splitAndHeal = async (
  pair: Pair,
  onEach: (node: NodeName) => Promise<void>,
): Promise<void> => {
  const { active, standby } = pair;
  await pair.faults.splitPair();
  await pair.expect.role(standby, "active", { withinMs: BECOMES_ACTIVE_WITHIN_MS });
  await pair.expect.databaseWritable({ withinMs: BECOMES_ACTIVE_WITHIN_MS });
  for (const node of [active, standby]) await onEach(node);
  await pause(SPLIT_MS);
  await pair.faults.healPair();
};

/**
 * The node that stood down was copied anew: its own rows were in no log of its peer. What each start of MariaDB and the copy
 * save are folders of their own.
 */
const expectCopied = (pair: Pair, shows: string, keeps: boolean, before: Before): Promise<void> =>
  pair.expect.status(pair.standby, {
    shows,
    holds: ({ stores, quarantine }) =>
      quarantine.some((folder) => !before.folders.includes(path.basename(folder))) === keeps &&
      stores.some(
        ({ lastIncident }) =>
          lastIncident !== null &&
          new Date(lastIncident.at) > before.at &&
          lastIncident.sentence.includes("it was copied from the peer"),
      ),
    withinMs: MERGED_WITHIN_MS,
  });

export const story = drill(
  "split-merge",
  "with the policy merge, rows that only one node had come back by themselves after a split; where one of them is in conflict they stay in quarantine",
  async (pair) => {
    await pair.settled();
    await setPolicy(pair, "merge");
    pair.faults.undoLater("policy", () => setPolicy(pair, "quarantine"));
    await pair.settled();
    await sql(pair, pair.active, `DELETE FROM acc WHERE ${CONTESTED}`);
    const columns = "(method, callid, sip_reason, time, time_hires, mediated)";
    await sql(
      pair,
      pair.active,
      `INSERT INTO acc ${columns} VALUES ('KEPT', 'contested', 'both', NOW(), UNIX_TIMESTAMP(), 1)`,
    );
    pair.writeRows(PAUSE_MS);
    await pair.rowsUnderWay();
    await pause(WRITTEN_MS);

    const first = await beforeSplit(pair);
    await splitAndHeal(pair, (node) => {
      if (node !== pair.active) pair.writeRows(PAUSE_MS, node);
      return Promise.resolve();
    });
    await pair.settled();
    await expectCopied(pair, "a copy, and nothing in quarantine", false, first);
    const { lost, quarantined } = await pair.countRows(nowMs());
    if (lost + quarantined > 0)
      throw new ExpectationError(`${lost} rows are lost, and ${quarantined} are not back`);

    const second = await beforeSplit(pair);
    await splitAndHeal(pair, async (node) => {
      await sql(pair, node, `UPDATE acc SET sip_reason = '${node}' WHERE ${CONTESTED}`);
    });
    await pair.settled();
    await expectCopied(pair, "a copy, and the row in quarantine", true, second);
    const there = await sql(pair, pair.active, `SELECT sip_reason FROM acc WHERE ${CONTESTED}`);
    if (there !== pair.active) throw new ExpectationError(`the contested row says ${there}`);
    const tool = ["ngcp-replication", "quarantine", "restore"];
    const { stdout } = await pair.faults.exec(pair.standby, tool);
    if (!/`acc` .*it is another one on the active node/.test(stdout))
      throw new ExpectationError(`the conflict is not told: ${stdout}`);
  },
);
