import { setTimeout as pause } from "node:timers/promises";

import { followLines } from "../../appliance/system/command.ts";
import type { Every } from "../rounds.ts";

export interface PingNodesOptions {
  readonly hosts: readonly string[];
  /** Milliseconds on the monotonic clock. */
  readonly now: () => number;
  /** As soon as every host has answered or had the time to, then when the number changes. */
  readonly onReached: (reached: number, total: number) => void;
  /** A ping program ended or could not be started; it is started again after a second. */
  readonly onFailure: (host: string, error: unknown) => void;
  readonly every: Every;
  /** Runs until `signal` fires or the program ends by itself. */
  readonly ping: (
    host: string,
    signal: AbortSignal,
    onLine: (line: string) => void,
  ) => Promise<void>;
}

/** A ping node counts as reached this long after an answer: three lost in a row, and what a busy machine may hold up. */
const REACHED_MS = 700;
const LOOK_MS = 100;
const RESTART_MS = 1_000;

/** True for a line of ping's output that tells of an answer, as in `64 bytes from 192.0.2.1: icmp_seq=1 ttl=64 time=0.05 ms`. */
export const isAnswer = (line: string): boolean => /^\d+ bytes from .* time[=<]/.test(line);

const PING = ["ping", "-n", "-O", "-i", "0.2", "-s", "16"] as const;
/** Below the daemon's own 50. On a busy machine late answers would look like a LAN that is gone. */
const REAL_TIME = ["chrt", "--rr", "40"] as const;

/** A ping that goes on for ever, under real-time scheduling where the daemon is. */
export const pingWith =
  (realTime: boolean): PingNodesOptions["ping"] =>
  (host, signal, onLine) => {
    const [program, ...words] = realTime ? [...REAL_TIME, ...PING] : PING;
    return followLines(program, [...words, host], signal, onLine);
  };

/** Asks the ping nodes all the time, each with one program that stays. */
export class PingNodes {
  readonly #options: PingNodesOptions;
  readonly #answeredAt = new Map<string, number>();
  readonly #stopped = new AbortController();
  #startedAt = 0;
  #lookedAt = 0;
  #reached: number | undefined;
  #endLooks: (() => void) | undefined;

  constructor(options: PingNodesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#startedAt = this.#options.now();
    this.#lookedAt = this.#startedAt;
    for (const host of this.#options.hosts) void this.#follow(host);
    this.#endLooks = this.#options.every(LOOK_MS, () => this.#look());
  }

  stop(): void {
    this.#endLooks?.();
    this.#stopped.abort();
  }

  async #follow(host: string): Promise<void> {
    const { now, onFailure, ping } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await ping(host, signal, (line) => {
          if (!isAnswer(line)) return;
          this.#answeredAt.set(host, now());
          this.#tell();
        });
      } catch (error) {
        onFailure(host, error);
      }
      await pause(RESTART_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #look(): void {
    const at = this.#options.now();
    // After a pause of this process the answers of the meantime are still to be read.
    const wasAsleep = at - this.#lookedAt > 3 * LOOK_MS;
    this.#lookedAt = at;
    if (!wasAsleep) this.#tell();
  }

  #tell(): void {
    const { hosts, now, onReached } = this.#options;
    const at = now();
    const reached = hosts.filter((host) => {
      const answeredAt = this.#answeredAt.get(host);
      return answeredAt !== undefined && at - answeredAt < REACHED_MS;
    }).length;
    const isEarly = this.#reached === undefined && at - this.#startedAt < REACHED_MS;
    if (reached === this.#reached || (isEarly && reached < hosts.length)) return;
    this.#reached = reached;
    onReached(reached, hosts.length);
  }
}
