import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkout } from "../../golden/golden.ts";
import { until } from "../sip/until.ts";
import { killChild, RedisServer } from "./redis-server.ts";

const LIMIT_MS = 30_000;

export const freeUdpPort = async (): Promise<number> => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
};

/** What the unit tells Node.js of the memory that the process may take. */
const flagsOfUnit = (): readonly string[] => {
  const unit = readFileSync(join(checkout, "debian/ngcp-sems.service"), "utf8");
  const [, flags = ""] = /^ExecStart=\/usr\/bin\/node ((?:--\S+ )+)/m.exec(unit) ?? [];
  return flags.trim().split(" ");
};

/** What reads calls. */
const READING = ["get", "mget", "scan"];

const Phase = z.object({ phase: z.string() });

interface SbcPorts {
  readonly port: number;
  readonly nextHop: number;
  readonly redisPort: number;
  readonly controlPort: number;
  /** Any free one where it is left out. */
  readonly xmlRpcPort?: number | undefined;
  /** The file of its settings. */
  readonly settings: string | undefined;
  /** Besides these. */
  readonly words?: readonly string[] | undefined;
}

/** The program of one node, as its unit starts it. */
export class SbcProcess {
  readonly #child: ChildProcess;
  said = "";

  constructor(ports: SbcPorts) {
    const { port, nextHop, redisPort, controlPort, xmlRpcPort, settings } = ports;
    const local = (each: number): string => `127.0.0.1:${each}`;
    const words = [
      ...["--listen", local(port), "--next-hop", local(nextHop)],
      ...["--redis", local(redisPort), "--control", local(controlPort)],
      ...["--xmlrpc", local(xmlRpcPort ?? 0), "--drachtio", local(0)],
      ...(settings === undefined ? [] : ["--settings", settings]),
      ...(ports.words ?? []),
    ];
    this.#child = spawn(
      process.execPath,
      [...flagsOfUnit(), join(checkout, "dist/components/sbc/main.js"), ...words],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.said += chunk.toString()));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** How many calls it took over. */
  async ready(): Promise<number> {
    const count = (): string | undefined => /: (\d+) calls taken over/.exec(this.said)?.[1];
    const decided = (): boolean => count() !== undefined || this.#child.exitCode !== null;
    await until(() => Promise.resolve(decided()), LIMIT_MS);
    if (count() === undefined) throw new Error(`the process ended: ${this.said}`);
    return Number(count());
  }

  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  kill(): Promise<void> {
    return killChild(this.#child);
  }
}

/** Two nodes without their daemon: the active one, and the Redis of the other. */
export class SbcPair {
  readonly port: number;
  readonly controlPort: number;
  readonly #nextHop: number;
  readonly #settings: string | undefined;
  readonly #words: readonly string[];
  readonly #redis: readonly [RedisServer, RedisServer];
  readonly #processes: SbcProcess[] = [];

  private constructor(
    ports: readonly [number, number, number],
    redis: [RedisServer, RedisServer],
    { settings, words }: Pick<SbcPorts, "settings" | "words">,
  ) {
    [this.port, this.controlPort, this.#nextHop] = ports;
    this.#redis = redis;
    this.#settings = settings;
    this.#words = words ?? [];
  }

  /**
   * @param settings the file that ngcpcfg writes on a node; none for the defaults
   * @param words of its command line besides
   */
  static async start(
    nextHop: number,
    settings?: string,
    words?: readonly string[],
  ): Promise<SbcPair> {
    const first = await RedisServer.start();
    const second = await RedisServer.start(first.port);
    const pair = new SbcPair([await freeUdpPort(), await freeUdpPort(), nextHop], [first, second], {
      settings,
      words,
    });
    await pair.startProcess(first.port).ready();
    return pair;
  }

  get redisPorts(): readonly [number, number] {
    return [this.#redis[0].port, this.#redis[1].port];
  }

  startProcess(redisPort: number, port = this.port, controlPort = this.controlPort): SbcProcess {
    const started = new SbcProcess({
      port,
      nextHop: this.#nextHop,
      redisPort,
      controlPort,
      settings: this.#settings,
      words: this.#words,
    });
    this.#processes.push(started);
    return started;
  }

  /** Of the process that was started last. */
  get pid(): number {
    return this.#processes.at(-1)?.pid ?? 0;
  }

  /** How many keys the second Redis holds: each call one, with its INVITE open two, and the generation. */
  records(): Promise<number> {
    return this.#redis[1].client.dbsize();
  }

  /** The records of calls that the second Redis holds. */
  async texts(): Promise<readonly string[]> {
    const { client } = this.#redis[1];
    const keys = await client.keys("sbc:c:*");
    const texts = keys.length === 0 ? [] : await client.mget(keys);
    return texts.filter((text) => text !== null);
  }

  /** How many records of each phase the second Redis holds. */
  async phases(): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const text of await this.texts()) {
      const { phase } = Phase.parse(JSON.parse(text));
      counts[phase] = (counts[phase] ?? 0) + 1;
    }
    return counts;
  }

  /** The records of registrations that a Redis holds, the second one where none is named. */
  registrations(index: 0 | 1 = 1): Promise<readonly string[]> {
    return this.#redis[index].client.hvals("sbc:registrations");
  }

  /** The Redis of the active node takes no write while it is full. */
  async fill(isFull: boolean): Promise<void> {
    await this.#redis[0].client.config("SET", "maxmemory", isFull ? "1" : "0");
  }

  /** All keys but the generation. */
  async leftOver(): Promise<readonly string[]> {
    const keys = await this.#redis[1].client.keys("*");
    return keys.filter((key) => key !== "sbc:generation");
  }

  /** The Redis of the other node takes writes from now on. */
  async promote(): Promise<void> {
    await this.#redis[1].client.call("REPLICAOF", "NO", "ONE");
  }

  /** And from now on it follows that of the active node. */
  async demote(): Promise<void> {
    const [{ port }, { client }] = this.#redis;
    await client.call("REPLICAOF", "127.0.0.1", port);
  }

  /** Process and Redis of the active node die; the other node becomes active. Resolves with the calls taken over. */
  async failOver(): Promise<number> {
    await this.die();
    return await this.startProcess(this.#redis[1].port).ready();
  }

  /** Process and Redis of the active node die, and the Redis of the other one takes writes. */
  async die(): Promise<void> {
    await Promise.all([...this.#processes.map((each) => each.kill()), this.#redis[0].kill()]);
    await this.promote();
  }

  /** The process of the other node, whose Redis lets nobody read calls until `allowReading`. */
  async startUnread(): Promise<SbcProcess> {
    const [, { client, port }] = this.#redis;
    await client.call("ACL", "SETUSER", "default", ...READING.map((command) => `-${command}`));
    const started = this.startProcess(port);
    await until(() => Promise.resolve(/cannot be read/.test(started.said)), LIMIT_MS);
    return started;
  }

  async allowReading(): Promise<void> {
    await this.#redis[1].client.call("ACL", "SETUSER", "default", "+@all");
  }

  /** Changes the record of the only call, as the second Redis has it. */
  async rewrite(change: (record: object) => object): Promise<void> {
    const { client } = this.#redis[1];
    const [key = ""] = await client.keys("sbc:c:*");
    const record: unknown = JSON.parse((await client.get(key)) ?? "");
    if (typeof record !== "object" || record === null) throw new Error("no record");
    await client.set(key, JSON.stringify(change(record)));
  }

  /** The Redis of the other node has lost everything. */
  async forgetAll(): Promise<void> {
    await this.#redis[1].client.flushall();
  }

  async end(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.kill()));
    await Promise.all(this.#redis.map((each) => each.kill()));
  }
}
