import { Redis } from "ioredis";
import { ApplianceError } from "../../appliance/errors.ts";
import { restoreCall, serializeCall } from "./call.ts";
import type { Call } from "./call.ts";
import type { Endpoint } from "./sip/via.ts";

export interface StoreSettings {
  readonly endpoint: Endpoint;
  readonly password: string | undefined;
}

/** What the process hears of its store. */
export interface StoreEvents {
  /** A later process has taken the calls: this one must fall silent. */
  readonly onFenced: () => void;
  /** A record was not written; the call goes on, and its next write brings it up to date. */
  readonly onUnsaved: (reason: string) => void;
  /** Redis could not be asked for a record. */
  readonly onUnread: (reason: string) => void;
}

/** What a reading of the store found. That Redis does not answer says nothing of the call. */
export type Reading = Call | "absent" | "unreadable";

export class CallStoreError extends ApplianceError {
  override readonly name = "CallStoreError";
  readonly code = "NGCP_SBC_STORE";

  constructor({ address, port }: Endpoint, reason: string, options?: ErrorOptions) {
    super(`the calls cannot be read from Redis at ${address} port ${port}: ${reason}`, options);
  }
}

const GENERATION = "sbc:generation";
const REGISTRATIONS = "sbc:registrations";
const callKey = (id: string): string => `sbc:c:${id}`;
const inviteKeyOf = (key: string): string => `sbc:i:${key}`;

/** A record that nobody removes goes after a day; each write begins the day anew. */
const RECORD_SECONDS = 86_400;
/** A local Redis answers in a tenth of a millisecond; the caller waits for one write of a call. */
const COMMAND_MS = 500;
const RECONNECT_MS = 100;
const SCAN_COUNT = 500;

/** Writes as the generation that holds the calls, or not at all. KEYS: generation, record, INVITE or nothing. */
const SAVE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED') end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
if KEYS[3] then redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[3]) end
return 1`;
const REMOVE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED') end
for index = 2, #KEYS do redis.call('DEL', KEYS[index]) end
return 1`;

/** The same for one field of a hash that has no end. KEYS: generation, hash. */
const SAVE_FIELD = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED') end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1`;
const REMOVE_FIELD = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED') end
redis.call('HDEL', KEYS[2], ARGV[2])
return 1`;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : "unknown");

/**
 * The calls in the Redis of this node, which replicates them to the peer. One record for each call, and while the first
 * INVITE is open its transaction's key, so that a CANCEL finds its call; later messages name it by our tag.
 */
export class CallStore {
  /** Of the process that opened the store last; no other one writes. */
  readonly generation: number;
  readonly #client: Redis;
  readonly #events: StoreEvents;

  private constructor(client: Redis, generation: number, events: StoreEvents) {
    this.#client = client;
    this.generation = generation;
    this.#events = events;
  }

  /**
   * Takes the calls: from now on the process that had them before is refused.
   *
   * @throws {CallStoreError} when Redis does not answer or is a replica
   */
  static async open(settings: StoreSettings, events: StoreEvents): Promise<CallStore> {
    const { address, port } = settings.endpoint;
    const client = new Redis({
      host: address,
      port,
      ...(settings.password === undefined ? {} : { password: settings.password }),
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      commandTimeout: COMMAND_MS,
      retryStrategy: () => RECONNECT_MS,
    });
    let lastError: unknown;
    // A broken connection is told of by each write that fails; without a listener it would end the process.
    client.on("error", (error: Error) => (lastError = error));
    try {
      await client.connect();
      return new CallStore(client, await client.incr(GENERATION), events);
    } catch (error) {
      client.disconnect();
      const cause = lastError ?? error;
      throw new CallStoreError(settings.endpoint, reasonOf(cause), { cause });
    }
  }

  /** Resolves with true when Redis has the record, or with false when it has not: a call does not fail for that. */
  async save(call: Call, inviteKey?: string): Promise<boolean> {
    const keys = [GENERATION, callKey(call.id)];
    if (inviteKey !== undefined) keys.push(inviteKeyOf(inviteKey));
    const record = serializeCall(call, this.generation);
    return this.#write(SAVE, keys, [record, String(RECORD_SECONDS), call.id]);
  }

  async remove(id: string, inviteKey?: string): Promise<void> {
    const keys = [GENERATION, callKey(id)];
    if (inviteKey !== undefined) keys.push(inviteKeyOf(inviteKey));
    await this.#write(REMOVE, keys, []);
  }

  /** Forgets the INVITE of a call that is established. */
  async forgetInvite(inviteKey: string): Promise<void> {
    await this.#write(REMOVE, [GENERATION, inviteKeyOf(inviteKey)], []);
  }

  /** A record that is damaged, or of a form that only another version knows, is as good as none. */
  async load(id: string): Promise<Reading> {
    try {
      const text = await this.#client.get(callKey(id));
      return (text === null ? undefined : restoreCall(text)) ?? "absent";
    } catch (error) {
      this.#events.onUnread(reasonOf(error));
      return "unreadable";
    }
  }

  async loadByInvite(inviteKey: string): Promise<Reading> {
    try {
      const id = await this.#client.get(inviteKeyOf(inviteKey));
      return id === null ? "absent" : await this.load(id);
    } catch (error) {
      this.#events.onUnread(reasonOf(error));
      return "unreadable";
    }
  }

  /** All calls, some hundred at a time. Ends with "unreadable" when Redis fails on the way: there are more then. */
  async *all(): AsyncGenerator<readonly Call[], "complete" | "unreadable"> {
    try {
      yield* this.#pages();
      return "complete";
    } catch (error) {
      this.#events.onUnread(reasonOf(error));
      return "unreadable";
    }
  }

  /** The record of a registration with a peer, as text. @returns whether Redis has it; false as well where that is not known */
  saveRegistration(id: string, record: string): Promise<boolean> {
    return this.#write(SAVE_FIELD, [GENERATION, REGISTRATIONS], [id, record]);
  }

  async removeRegistration(id: string): Promise<void> {
    await this.#write(REMOVE_FIELD, [GENERATION, REGISTRATIONS], [id]);
  }

  /** The records of all registrations. */
  async registrations(): Promise<readonly string[] | "unreadable"> {
    try {
      return await this.#client.hvals(REGISTRATIONS);
    } catch (error) {
      this.#events.onUnread(reasonOf(error));
      return "unreadable";
    }
  }

  async *#pages(): AsyncGenerator<readonly Call[]> {
    let cursor = "0";
    do {
      const [next, keys] = await this.#client.scan(
        cursor,
        "MATCH",
        callKey("*"),
        "COUNT",
        SCAN_COUNT,
      );
      cursor = next;
      const texts = keys.length === 0 ? [] : await this.#client.mget(keys);
      yield texts.flatMap((text) => {
        const call = text === null ? undefined : restoreCall(text);
        return call === undefined ? [] : [call];
      });
    } while (cursor !== "0");
  }

  async #write(
    script: string,
    keys: readonly string[],
    words: readonly string[],
  ): Promise<boolean> {
    try {
      await this.#client.eval(script, keys.length, ...keys, String(this.generation), ...words);
      return true;
    } catch (error) {
      const reason = reasonOf(error);
      // A Redis that has become a replica follows the peer's: the calls are there.
      if (/FENCED|READONLY/.test(reason)) this.#events.onFenced();
      else this.#events.onUnsaved(reason);
      return false;
    }
  }
}
