import { setTimeout as pause } from "node:timers/promises";
import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const PAUSE_MS = 20;
const WRITTEN_MS = 1_000;

/** A value that is another, a row that is missing, and a row too many, on the standby alone. */
const SPOILT = `SET sql_log_bin = 0;
  UPDATE kamailio.acc SET sip_reason = 'spoilt' WHERE method = 'FILLER' ORDER BY id LIMIT 1;
  DELETE FROM kamailio.acc WHERE method = 'FILLER' ORDER BY id DESC LIMIT 1;
  INSERT INTO kamailio.acc (id, callid, time) VALUES (4000000000, 'too many', NOW());`;
const SPOILT_ROWS = 3;

const SPOILT_KEY = `export REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /run/ngcp-redis/redis.conf | tr -d '"')
  redis-cli CONFIG SET replica-read-only no && redis-cli SET spoilt 1 && redis-cli CONFIG SET replica-read-only yes`;

export const story = drill(
  "replication-check",
  "rows and a key of the standby differ while eight clients write and a call is up; the check finds them, repair saves them and makes them equal",
  async (pair) => {
    await pair.settled();
    await pair.faults.fillDatabase(pair.active, pair.standby);
    await pair.ready();
    const { standby, faults } = pair;
    pair.writeRows(PAUSE_MS);
    await pause(WRITTEN_MS);
    const ask = async (word: string, status: number): Promise<string> => {
      const said = await faults.exec(standby, ["ngcp-replication", word]);
      if (said.status !== status)
        throw new ExpectationError(
          `${word} ended with ${said.status}: ${said.stdout}${said.stderr}`,
        );
      return said.stdout;
    };

    await ask("check", 0);
    await faults.must(standby, ["mariadb", "-e", SPOILT]);
    await faults.must(standby, ["sh", "-c", SPOILT_KEY]);
    const found = await ask("check", 1);
    if (!found.includes(`${SPOILT_ROWS} rows differ`) || !found.includes("too many"))
      throw new ExpectationError(`the check said: ${found}`);
    await pair.expect.status(standby, {
      shows: "what the check found",
      holds: ({ stores }) => stores.every(({ lastCheck }) => (lastCheck?.differences ?? 0) > 0),
      withinMs: 5_000,
    });
    await ask("repair", 0);
    await pair.settled();
    await ask("check", 0);
    const saved = await faults.must(standby, [
      "sh",
      "-c",
      "cat /var/lib/ngcp-ha/quarantine/*-repair/rows.txt",
    ]);
    if (saved.match(/^ {2}was /gm)?.length !== SPOILT_ROWS || !saved.includes("spoilt"))
      throw new ExpectationError(`what was saved is: ${saved}`);
    const { lost } = await pair.countRows(nowMs());
    if (lost > 0) throw new ExpectationError(`${lost} rows were lost`);
    await pair.expect.callKept();
    pair.expect.noOutage();
  },
);
