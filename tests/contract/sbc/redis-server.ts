import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { until } from "../sip/until.ts";

const LIMIT_MS = 30_000;

export const freeTcpPort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  return address.port;
};

export const killChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
};

/** A redis-server of its own directory. */
export class RedisServer {
  readonly port: number;
  readonly client: Redis;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(port: number, replicaOf: number | undefined) {
    this.port = port;
    this.#directory = mkdtempSync(join(tmpdir(), "tandem-redis-"));
    const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", ""];
    const source = replicaOf === undefined ? [] : ["--replicaof", "127.0.0.1", String(replicaOf)];
    const copy = ["--repl-diskless-sync-delay", "0", "--dir", this.#directory];
    this.#child = spawn("redis-server", [...words, ...copy, ...source], { stdio: "ignore" });
    // A server that starts slowly is waited for: the client gives up after 20 attempts by default.
    const patient = { retryStrategy: () => 50, maxRetriesPerRequest: null };
    this.client = new Redis({ host: "127.0.0.1", port, ...patient });
    this.client.on("error", () => undefined);
  }

  static async start(replicaOf?: number): Promise<RedisServer> {
    const server = new RedisServer(await freeTcpPort(), replicaOf);
    const status = replicaOf === undefined ? "role:master" : "master_link_status:up";
    try {
      await until(async () => (await server.client.info("replication")).includes(status), LIMIT_MS);
    } catch (error) {
      await server.kill();
      throw error;
    }
    return server;
  }

  async kill(): Promise<void> {
    this.client.disconnect();
    await killChild(this.#child);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
