import { readFileSync } from "node:fs";
import { createConnection } from "mysql2/promise";
import { Redis } from "ioredis";
import { createCache } from "../../../ha/effects/cache.ts";
import { createDatabase } from "../../../ha/effects/database.ts";
import { probeReplication } from "../../../ha/probes/replication.ts";
import { connectExactly } from "../../../appliance/database/client.ts";
import { compareDatabases, compareRedis } from "../../../ops/commands/replication/check.ts";
import { parseLog } from "../../../ops/commands/replication/quarantine/log.ts";
import { restore } from "../../../ops/commands/replication/quarantine/restore.ts";
import { storeSettings } from "../../../ha/replication/settings.ts";
import { readCut } from "../../../ha/probes/database-files.ts";
import type { Appliance } from "../../../appliance/model.ts";
import type { StoresWanted } from "../../../ha/probes/replication.ts";

/* The program that a contract test runs inside a node's network namespace: what the daemon does to its stores. */

export interface AgentRequest {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface AgentAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string | undefined;
}

const appliance = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Appliance;
const settings = storeSettings(appliance);
if (settings === undefined || appliance.secrets === undefined) throw new Error("not paired");
const { databasePassword, redisPassword } = appliance.secrets;
/** How often a copy was asked for: the test takes it, as ngcp-clone.service does. */
let copiesAsked = 0;
/** How often the database turned out to be older than what this node wrote. */
let timesGoneBack = 0;
const database = createDatabase(settings.database, {
  // A killed server would have to be started again by the test: recovering is tried in its own tests.
  crash: () => Promise.resolve(),
  opened: () => undefined,
  wentBack: () => {
    timesGoneBack += 1;
  },
  cut: () => readCut(`${process.argv[3] ?? ""}/var/lib/mysql/ngcp-cut`),
  copies: {
    progress: () => undefined,
    begin: () => {
      copiesAsked += 1;
      return Promise.resolve();
    },
  },
});
const cache = createCache(settings.cache);

const proxyLogin = {
  host: "127.0.0.1",
  user: "kamailio",
  password: databasePassword,
  database: "kamailio",
};

const within = (ms: number): AbortSignal => AbortSignal.timeout(ms);

const timed = async (task: () => Promise<void>): Promise<number> => {
  const began = performance.now();
  await task();
  return performance.now() - began;
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let writing = false;
let writers: Promise<readonly string[]>[] = [];

/** Inserts one row after another until it is told to stop or the database ends it; returns what was acknowledged. */
const write = async (writer: string, pauseMs: number): Promise<readonly string[]> => {
  const acknowledged: string[] = [];
  try {
    const connection = await createConnection(proxyLogin);
    connection.on("error", () => undefined);
    for (let count = 0; writing; count += 1) {
      const row = `${writer}-${count}`;
      await connection.query("INSERT INTO acc (callid, time) VALUES (?, NOW())", [row]);
      acknowledged.push(row);
      if (pauseMs > 0) await pause(pauseMs);
    }
    connection.destroy();
  } catch {
    return acknowledged;
  }
  return acknowledged;
};

const tasks = {
  openDatabase: () => timed(() => database.open(within(10_000))),
  closeDatabase: () => timed(() => database.close(within(10_000))),
  openCache: () => timed(() => cache.open(within(5_000))),
  closeCache: () => timed(() => cache.close(within(5_000))),
  probe: (wanted: StoresWanted) =>
    probeReplication({ database, cache, wanted: () => wanted }, within(8_000)),
  copiesAsked: () => Promise.resolve(copiesAsked),
  timesGoneBack: () => Promise.resolve(timesGoneBack),
  stopWaitingForPeer: () => database.stopWaitingForPeer(within(2_000)),
  ping: () => timed(() => Promise.all([database.ping(500), cache.ping(500)]).then(() => undefined)),
  startWriting: (name: string, count: number, pauseMs = 0) => {
    writing = true;
    writers = Array.from({ length: count }, (_none, index) => write(`${name}-${index}`, pauseMs));
    return Promise.resolve();
  },
  stopWriting: async () => {
    writing = false;
    const late = new Promise<readonly string[]>((resolve) => setTimeout(() => resolve([]), 5_000));
    return (await Promise.all(writers.map((each) => Promise.race([each, late])))).flat();
  },
  /** One statement as the proxy sends it. */
  sql: async (statement: string) => {
    const connection = await createConnection({ ...proxyLogin, connectTimeout: 2_000 });
    try {
      const [rows] = await connection.query(statement);
      return rows;
    } finally {
      connection.destroy();
    }
  },
  /** Statements one after another, as the proxy sends them. Milliseconds. */
  timedSql: async (statements: readonly string[]) => {
    const connection = await createConnection(proxyLogin);
    try {
      return await timed(async () => {
        for (const statement of statements) await connection.query(statement);
      });
    } finally {
      connection.destroy();
    }
  },
  redis: async (command: string, ...words: readonly string[]) => {
    const client = new Redis({ host: "127.0.0.1", password: redisPassword, lazyConnect: true });
    try {
      return await client.call(command, ...words);
    } finally {
      client.disconnect();
    }
  },
  /** As ngcp-replication does on a standby; root's socket of this node is at `socketPath`. */
  compare: async (socketPath: string, folder?: string, limitSeconds = 60) => {
    const { peer, peerId } = settings.database.replication;
    const { host, user, password } = settings.database.peer;
    const said: string[] = [];
    const telling = { say: (line: string) => void said.push(line), showProgress: () => undefined };
    const active = await connectExactly({ host, user, password }, peer);
    const standby = await connectExactly({ socketPath, user: "root" }, appliance.node);
    try {
      const sides = { active, standby, activeDomain: peerId, limitSeconds };
      const repair = folder === undefined ? undefined : { folder };
      const result = await compareDatabases(sides, telling, repair);
      return { ...result, said };
    } finally {
      active.end();
      standby.end();
    }
  },
  /** As ngcp-replication does on a standby. */
  bringBack: async (rowsFile: string, partly: boolean) => {
    const { host, password } = settings.database.peer;
    const { peer } = settings.database.replication;
    const active = await connectExactly({ host, user: "ngcp_restore", password }, peer);
    try {
      return await restore(active, parseLog(readFileSync(rowsFile, "latin1")), partly);
    } finally {
      active.end();
    }
  },
  compareRedis: async () => {
    const said: string[] = [];
    const telling = { say: (line: string) => void said.push(line), showProgress: () => undefined };
    const { host, peerHost, password } = settings.cache;
    const result = await compareRedis({ host: peerHost, password }, { host, password }, telling);
    return { ...result, said };
  },
  /** Status of both stores as a daemon with another secret would see the peer. */
  probeWithWrongSecret: async () => {
    const strange = createCache({ ...settings.cache, password: "another" });
    try {
      return await strange.status();
    } finally {
      await strange.end();
    }
  },
};

export type AgentTasks = typeof tasks;

const run = async ({ id, name, args }: AgentRequest): Promise<void> => {
  const table: Record<string, ((...args: never[]) => Promise<unknown>) | undefined> = tasks;
  try {
    const result = await table[name]?.(...(args as never[]));
    process.send?.({ id, result } satisfies AgentAnswer);
  } catch (error) {
    process.send?.({ id, error: String(error) } satisfies AgentAnswer);
  }
};

process.on("message", (request: AgentRequest) => void run(request));
