import { StorePair } from "../contract/stores/bed.ts";
import { manySubscribers, registrationRows } from "../contract/database/many.ts";
import { asProxy, provisionOnBed } from "../contract/database/provisioner.ts";
import type { Figure } from "./figure.ts";
import { figure } from "./figure.ts";

const SUBSCRIBERS = 100_000;
const REGISTRATIONS = 50_000;
const ROWS_AT_ONCE = 1_000;
const LOOKS = 51;
const MS_PER_SECOND = 1_000;

const timed = async (work: () => unknown): Promise<number> => {
  const from = performance.now();
  await work();
  return performance.now() - from;
};

const open = async (pair: StorePair): Promise<void> => {
  await Promise.all([pair.bed(1).start(), pair.bed(2).start()]);
  await Promise.all([pair.agent(1).ask("openDatabase"), pair.agent(1).ask("openCache")]);
  await Promise.all([pair.untilInSync(1, "open"), pair.untilInSync(2, "closed")]);
  pair.bed(1).chroot("/usr/lib/ngcp/mysql-migrate");
};

const apply = async (pair: StorePair, count: number): Promise<void> => {
  const file = JSON.stringify(manySubscribers(count));
  const { end, complained } = await provisionOnBed(pair, 1, ["apply", "many.json"], file);
  if (end !== "done") throw new Error(complained);
};

const register = async (pair: StorePair): Promise<void> => {
  for (let first = 0; first < REGISTRATIONS; first += ROWS_AT_ONCE)
    await pair.agent(1).ask("sql", registrationRows(first, ROWS_AT_ONCE));
};

/** What the proxy asks at a call, one statement each; milliseconds. */
const looks = async (pair: StorePair): Promise<readonly number[]> => {
  const uuid = asProxy(pair, 1, "SELECT uuid FROM subscriber WHERE username = 'u7'");
  const taken: number[] = [];
  for (let count = 0; count < LOOKS; count += 1)
    taken.push(
      await pair
        .agent(1)
        .ask("timedSql", [
          `SELECT attribute, value, level FROM preferences WHERE uuid = '${uuid}'`,
          "SELECT username, domain FROM dbaliases WHERE alias_username = '4312000007'",
          "SELECT * FROM subscriber_profiles WHERE username = 'u7' AND domain = 'sip.example.org'",
          `SELECT type, destination, timeout FROM call_forwards WHERE uuid = '${uuid}'`,
          "SELECT contact FROM location WHERE username = 'u7' AND domain = 'sip.example.org'",
        ]),
    );
  return taken;
};

/** 100,000 subscribers and 50,000 registrations on a replicated pair of MariaDB, and what a call asks of them. */
export const provisioning = async (): Promise<Figure[]> => {
  const pair = new StorePair("bench");
  try {
    await open(pair);
    await apply(pair, 10);
    const few = await looks(pair);
    const applyMs = await timed(() => apply(pair, SUBSCRIBERS));
    const registerMs = await timed(() => register(pair));
    const many = await looks(pair);
    const change = ["change", "subscriber", "u7@sip.example.org", "status=locked"];
    const changeMs = await timed(() => provisionOnBed(pair, 1, change));
    const seconds = (ms: number): readonly number[] => [ms / MS_PER_SECOND];
    return [
      figure(`${SUBSCRIBERS} subscribers applied`, "s", seconds(applyMs)),
      figure(`${REGISTRATIONS} registrations written`, "s", seconds(registerMs)),
      figure("one subscriber of many changed", "ms", [changeMs]),
      figure("five questions of a call, with 10 subscribers", "ms", few),
      figure("five questions of a call, with many", "ms", many),
    ];
  } finally {
    await pair.remove();
  }
};
