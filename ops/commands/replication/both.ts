import { mkdir } from "node:fs/promises";
import type { Appliance } from "../../../appliance/model.ts";
import { connectExactly } from "../../../appliance/database/client.ts";
import type { ExactDatabase } from "../../../appliance/database/client.ts";
import { run } from "../../../appliance/system/command.ts";
import type { CheckResult } from "../../../ha/control/contract.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import { compareDatabases, compareRedis, keepResult } from "./check.ts";
import { NotComparableError } from "./errors.ts";
import { MYSQL_SOCKET, QUARANTINE, settingsOfThisNode, STATE } from "./ground.ts";
import type { Repair } from "./check.ts";
import type { Sides } from "./compare.ts";

const LOOPBACK = "127.0.0.1";
const REDIS_LOG = "/var/lib/redis/appendonlydir";
const REDIS_UNIT = "ngcp-redis.service";
/** More than a standby that is behind is waited for. */
const LIMIT_SECONDS = 60;
const MOVED_WITHIN_MS = 60_000;

const withSides = async <Result>(
  { self, peer, secrets }: Appliance,
  use: (sides: Sides) => Promise<Result>,
): Promise<Result> => {
  const open: ExactDatabase[] = [];
  const add = async (connecting: Promise<ExactDatabase>): Promise<ExactDatabase> => {
    const database = await connecting;
    open.push(database);
    return database;
  };
  const password = secrets?.replicationPassword ?? "";
  const theirs = { host: peer.crosslink.address, user: "ngcp_peer", password };
  try {
    const active = await add(connectExactly(theirs, peer.name));
    const standby = await add(
      connectExactly({ socketPath: MYSQL_SOCKET, user: "root" }, self.name),
    );
    return await use({ active, standby, activeDomain: peer.id, limitSeconds: LIMIT_SECONDS });
  } finally {
    open.forEach((database) => database.end());
  }
};

const FOLLOWS: readonly string[] = ["in-sync", "catching-up"];

/** @returns why nothing can be compared here now */
const obstacle = async (desk: Desk): Promise<string | undefined> => {
  const { role, peer, stores } = await desk.control.status();
  if (role !== "standby")
    return `${desk.node} is ${role}: the standby compares, so do it on ${peer.node}`;
  if (peer.role !== "active") return `${peer.node} is not active: there is nothing to compare with`;
  const away = stores.find(({ state }) => !FOLLOWS.includes(state));
  return away === undefined
    ? undefined
    : `${away.store} of ${desk.node} does not follow ${peer.node}: ${away.detail}`;
};

/** The role may move meanwhile: then this node is the one that is written to, and nothing found here holds any more. */
const expectComparable = async (desk: Desk): Promise<void> => {
  const why = await obstacle(desk);
  if (why !== undefined) throw new NotComparableError(why);
};

/** A Redis that differs is copied as a whole: it starts without the log that it kept, which is saved. */
const mendRedis = async (desk: Desk, found: CheckResult, repair: Repair): Promise<CheckResult> => {
  if (repair === undefined || found.differences === 0) return found;
  await mkdir(repair.folder, { recursive: true, mode: 0o700 });
  await expectComparable(desk);
  await run("mv", [REDIS_LOG, `${repair.folder}/redis`], { timeoutMs: MOVED_WITHIN_MS });
  await desk.units.restart(REDIS_UNIT);
  const sentence = `${found.sentence}; it is copied anew, and what it held is in ${repair.folder}`;
  return { ...found, sentence, differences: 0 };
};

/**
 * Compares this standby's stores with those of the active node, while calls go on.
 *
 * @param repairs makes rows that differ here equal, after it saved what they were
 */
export const compareBoth = async (desk: Desk, repairs: boolean): Promise<ExitName> => {
  const why = await obstacle(desk);
  if (why !== undefined) {
    desk.complain(why);
    return "refused";
  }
  const appliance = settingsOfThisNode();
  const stamp = new Date(desk.now()).toISOString().replace(/\.\d+/, "").replaceAll(":", ".");
  const repair: Repair = repairs ? { folder: `${QUARANTINE}/${stamp}-repair` } : undefined;
  const telling = { say: desk.say, showProgress: (line: string) => desk.showProgress?.(line) };
  const mysql = await withSides(appliance, (sides) => compareDatabases(sides, telling, repair));
  await expectComparable(desk);
  await keepResult(STATE, "mysql", mysql);
  desk.say(`MariaDB: ${mysql.sentence}`);
  const password = appliance.secrets?.redisPassword ?? "";
  const active = { host: appliance.peer.crosslink.address, password };
  const redis = await mendRedis(
    desk,
    await compareRedis(active, { host: LOOPBACK, password }, telling),
    repair,
  );
  await expectComparable(desk);
  await keepResult(STATE, "redis", redis);
  desk.say(`Redis: ${redis.sentence}`);
  const open = mysql.differences + redis.differences + (mysql.notCompared ?? 0);
  return open === 0 ? "done" : "failed";
};
