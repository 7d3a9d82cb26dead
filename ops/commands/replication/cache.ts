import { setTimeout as delay } from "node:timers/promises";
import { run } from "../../../appliance/system/command.ts";

const ASK_MS = 10_000;
const SAMPLES = 50;
/** Keys and values that are being written are on their way for some milliseconds. */
const LOOKS = 8;
const BETWEEN_LOOKS_MS = 250;

/** One node's Redis. */
export interface CacheSide {
  readonly host: string;
  readonly password: string;
}

/**
 * A digest of the value of a key, the same on both nodes whatever they keep it in: sets and hashes have no order. Keys
 * go in and out in hexadecimal digits, for they may be any bytes.
 */
const DIGEST = `
  local hex = function(text) return (text:gsub('.', function(c) return string.format('%02x', c:byte()) end)) end
  local bytes = function(text) return (text:gsub('..', function(d) return string.char(tonumber(d, 16)) end)) end
  local sorted = function(list) table.sort(list) return list end
  local pairsOf = function(flat)
    local list = {}
    for i = 1, #flat, 2 do list[#list + 1] = hex(flat[i]) .. '=' .. hex(flat[i + 1]) end
    return sorted(list)
  end
  local read = {
    none = function() return {} end,
    string = function(key) return { redis.call('GET', key) } end,
    list = function(key) return redis.call('LRANGE', key, 0, -1) end,
    set = function(key) return sorted(redis.call('SMEMBERS', key)) end,
    hash = function(key) return pairsOf(redis.call('HGETALL', key)) end,
    zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  }
  local digest = function(key)
    local kind = redis.call('TYPE', key).ok
    local texts = { kind }
    for _, text in ipairs((read[kind] or read.none)(key)) do texts[#texts + 1] = hex(text or '') end
    return hex(key) .. ' ' .. redis.sha1hex(table.concat(texts, ','))
  end
  local lines = {}`;

const BY_CHANCE = `${DIGEST}
  for i = 1, tonumber(ARGV[1]) do
    local key = redis.call('RANDOMKEY')
    if key then lines[#lines + 1] = digest(key) end
  end
  return lines`;

const OF_KEYS = `${DIGEST}
  for i = 1, #ARGV do lines[#lines + 1] = digest(bytes(ARGV[i])) end
  return lines`;

const ask = async ({ host, password }: CacheSide, words: readonly string[]): Promise<string> => {
  const env = { REDISCLI_AUTH: password };
  return (await run("redis-cli", ["-h", host, ...words], { timeoutMs: ASK_MS, env })).stdout;
};

/** Keys in each database that has any, by its number. */
const countsOf = async (side: CacheSide): Promise<ReadonlyMap<string, number>> =>
  new Map(
    [...(await ask(side, ["INFO", "keyspace"])).matchAll(/^db(\d+):keys=(\d+)/gm)].map(
      ([, database = "", keys = ""]) => [database, Number(keys)],
    ),
  );

/** Looks until `look` finds nothing. @returns what it found the last time */
const lastFound = async (look: () => Promise<readonly string[]>): Promise<readonly string[]> => {
  for (let count = 1; count < LOOKS; count += 1) {
    if ((await look()).length === 0) return [];
    await delay(BETWEEN_LOOKS_MS);
  }
  return await look();
};

/** The standby's count lies between what the active node had before and after it: keys come and go meanwhile. */
const compareCounts = async (active: CacheSide, standby: CacheSide): Promise<readonly string[]> => {
  const before = await countsOf(active);
  const here = await countsOf(standby);
  const after = await countsOf(active);
  const databases = new Set([...before.keys(), ...here.keys(), ...after.keys()]);
  return [...databases].flatMap((database) => {
    const [one, two] = [before.get(database) ?? 0, after.get(database) ?? 0];
    const keys = here.get(database) ?? 0;
    if (keys >= Math.min(one, two) && keys <= Math.max(one, two)) return [];
    return [`database ${database}: ${two} keys on the active node, ${keys} here`];
  });
};

const digests = async (
  side: CacheSide,
  database: string,
  words: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const said = await ask(side, ["-n", database, "EVAL", ...words]);
  return new Map(
    [...said.matchAll(/^(\w+) (\w+)$/gm)].map(([, key = "", digest = ""]) => [key, digest]),
  );
};

const compareKeys = async (
  [active, standby]: readonly [CacheSide, CacheSide],
  database: string,
  keys: readonly string[],
): Promise<readonly string[]> => {
  if (keys.length === 0) return [];
  const words = [OF_KEYS, "0", ...keys];
  const there = await digests(active, database, words);
  const here = await digests(standby, database, words);
  return keys.filter((key) => there.get(key) !== here.get(key));
};

export interface CacheResult {
  readonly sampled: number;
  /** What differs, a line each. */
  readonly differences: readonly string[];
}

/** Compares how many keys there are, and the values of some that are chosen by chance. */
export const compareCaches = async (
  active: CacheSide,
  standby: CacheSide,
): Promise<CacheResult> => {
  const differences = [...(await lastFound(() => compareCounts(active, standby)))];
  let sampled = 0;
  for (const database of (await countsOf(active)).keys()) {
    const chosen = await digests(active, database, [BY_CHANCE, "0", String(SAMPLES)]);
    sampled += chosen.size;
    let open: readonly string[] = [...chosen.keys()];
    open = await lastFound(
      async () => (open = await compareKeys([active, standby], database, open)),
    );
    const names = open.map((key) => JSON.stringify(Buffer.from(key, "hex").toString()));
    differences.push(...names.map((name) => `database ${database}: the value of ${name}`));
  }
  return { sampled, differences };
};
