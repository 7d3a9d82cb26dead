import { Redis, ReplyError } from "ioredis";
import { cacheStatus, parseInfo } from "../replication/cache-view.ts";
import { DeadlineError, asError, withDeadline } from "../replication/deadline.ts";
import { CacheRefusedError, CacheUnreachableError } from "../replication/errors.ts";
import { unknownStatus } from "../replication/unknown.ts";
import { Turns } from "../replication/turns.ts";
import type { CacheView } from "../replication/cache-view.ts";
import type { StoreStatus } from "../control/contract.ts";
import type { CachePort } from "./ports.ts";

export interface CacheSettings {
  /** This node's own Redis. */
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** The peer's crosslink address; its Redis listens on the same port. */
  readonly peerHost: string;
  readonly peer: string;
}

const COMMAND_MS = 1_000;
const PEER_MS = 500;
const ROLE_POLL_MS = 5;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One connection, opened when it is first used and again after a failure. It never tries twice. */
class RedisConnection {
  readonly #host: string;
  readonly #settings: CacheSettings;
  #client: Redis | undefined;

  constructor(host: string, settings: CacheSettings) {
    this.#host = host;
    this.#settings = settings;
  }

  async send(
    command: readonly [string, ...string[]],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<string> {
    try {
      return await withDeadline(() => this.#call(command), timeoutMs, signal);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw this.#explain(error);
    }
  }

  async #call([name, ...words]: readonly [string, ...string[]]): Promise<string> {
    this.#client ??= this.#create();
    return String(await this.#client.call(name, ...words));
  }

  #create(): Redis {
    const client = new Redis({
      host: this.#host,
      port: this.#settings.port,
      password: this.#settings.password,
      lazyConnect: true,
      retryStrategy: () => null,
      reconnectOnError: () => false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    client.on("error", (error: Error) => (this.#lastError = error));
    return client;
  }

  /** Why the connection broke; a command that was waiting for it only says that it was closed. */
  #lastError: Error | undefined;

  #explain(error: unknown): Error {
    const where = `${this.#host}:${this.#settings.port}`;
    const late = error instanceof DeadlineError;
    const deeper = late ? error : (this.#lastError ?? asError(error));
    if (error instanceof ReplyError || isReply(deeper)) {
      const said = error instanceof ReplyError ? asError(error) : deeper;
      if (!(error instanceof ReplyError)) this.drop();
      return new CacheRefusedError(where, said.message, { cause: error });
    }
    this.drop();
    const refused = "code" in deeper && deeper.code === "ECONNREFUSED";
    return new CacheUnreachableError(where, deeper.message, refused, { cause: error });
  }

  drop(): void {
    this.#client?.disconnect();
    this.#client = undefined;
    this.#lastError = undefined;
  }
}

const isReply = (error: Error): boolean =>
  error instanceof ReplyError || /^(WRONGPASS|NOAUTH|NOPERM|LOADING|DENIED)\b/.test(error.message);

class RedisCache implements CachePort {
  readonly #settings: CacheSettings;
  readonly #control: RedisConnection;
  readonly #watch: RedisConnection;
  readonly #pings: RedisConnection;
  readonly #peer: RedisConnection;
  readonly #turns = new Turns("Redis");
  /** What the last tending saw, until it has been told. */
  #seen: CacheView | undefined;

  constructor(settings: CacheSettings) {
    this.#settings = settings;
    this.#control = new RedisConnection(settings.host, settings);
    this.#watch = new RedisConnection(settings.host, settings);
    this.#pings = new RedisConnection(settings.host, settings);
    this.#peer = new RedisConnection(settings.peerHost, settings);
  }

  open(signal: AbortSignal): Promise<void> {
    return this.#turns.take((stop) => this.#promote(stop), signal);
  }

  close(signal: AbortSignal): Promise<void> {
    return this.#turns.take((stop) => this.#demote(stop), signal);
  }

  tend(wanted: "open" | "closed", signal: AbortSignal): Promise<void> {
    return this.#turns.takeIfFree(async (stop) => {
      const view = await this.#view(this.#control, stop);
      const { role } = view;
      this.#seen = view;
      if (wanted === "open" && role === "replica") await this.#promote(stop);
      if (wanted === "closed" && role === "source") await this.#demote(stop);
    }, signal);
  }

  async status(): Promise<StoreStatus> {
    const seen = this.#seen;
    this.#seen = undefined;
    const known =
      seen === undefined ? undefined : cacheStatus(seen, this.#settings.peer, undefined);
    // What was not in order may have been put right since: only then it is looked at again.
    if (known?.inSync === true) return known;
    try {
      const view = await this.#view(this.#watch);
      const down = view.role === "replica" && !view.linkUp;
      const problem = down ? await this.#problemOfPeer() : undefined;
      return cacheStatus(view, this.#settings.peer, problem);
    } catch (error) {
      if (!isOurs(error)) throw error;
      const detail = error.message;
      return unknownStatus("redis", detail);
    }
  }

  async ping(timeoutMs: number): Promise<void> {
    await this.#pings.send(["PING"], timeoutMs);
  }

  end(): Promise<void> {
    for (const each of [this.#control, this.#watch, this.#pings, this.#peer]) each.drop();
    return Promise.resolve();
  }

  async #promote(signal: AbortSignal): Promise<void> {
    await this.#control.send(["REPLICAOF", "NO", "ONE"], COMMAND_MS, signal);
    await this.#untilRole("source", signal);
  }

  async #demote(signal: AbortSignal): Promise<void> {
    const { peerHost, port } = this.#settings;
    try {
      await this.#control.send(["REPLICAOF", peerHost, String(port)], COMMAND_MS, signal);
      await this.#untilRole("replica", signal);
    } catch (error) {
      if (!(error instanceof CacheUnreachableError && error.notRunning)) throw error;
    }
  }

  async #untilRole(wanted: CacheView["role"], signal: AbortSignal): Promise<void> {
    while ((await this.#view(this.#control, signal)).role !== wanted) await pause(ROLE_POLL_MS);
  }

  async #view(connection: RedisConnection, signal?: AbortSignal): Promise<CacheView> {
    return parseInfo(await connection.send(["INFO", "replication"], COMMAND_MS, signal));
  }

  /** Redis does not say why it cannot reach its source, so the peer is asked with the same password. */
  async #problemOfPeer(): Promise<string | undefined> {
    const { peer } = this.#settings;
    try {
      await this.#peer.send(["PING"], PEER_MS);
      return undefined;
    } catch (error) {
      if (error instanceof CacheRefusedError && /WRONGPASS|NOAUTH/.test(error.message)) {
        return `${peer}'s Redis refuses the password of the pair`;
      }
      if (isOurs(error)) return error.message;
      throw error;
    }
  }
}

const isOurs = (error: unknown): error is CacheRefusedError | CacheUnreachableError =>
  error instanceof CacheRefusedError || error instanceof CacheUnreachableError;

/** Nothing is connected before it is first used. */
export const createCache = (settings: CacheSettings): CachePort => new RedisCache(settings);
