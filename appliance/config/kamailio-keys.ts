import type { z } from "zod";
import type { KamailioModel, SipTimersModel } from "../model.ts";
import { milliseconds, seconds, section, wholeNumber } from "./values.ts";

interface Usual {
  readonly sharedMb: number;
  readonly packageMb: number;
  /** What Redis is asked and told, as part of a sentence. */
  readonly aboutWhat: string;
}

/** What load-balancer and proxy have in common: both are Kamailio. */
export const kamailioKeys = ({ sharedMb, packageMb, aboutWhat }: Usual) => ({
  shared_memory_mb: wholeNumber({ min: 32, max: 65_536, unit: "megabytes" })
    .default(sharedMb)
    .describe(
      "Memory that its processes have in common: transactions, dialogs, tables; only what is used is taken. A request is 16 KB for 5 s, so 1,500 of them in a second are 128 MB",
    ),
  package_memory_mb: wholeNumber({ min: 4, max: 1_024, unit: "megabytes" })
    .default(packageMb)
    .describe("Memory of each of its processes for itself"),
  log_level: wholeNumber({ min: 0, max: 3 })
    .default(2)
    .describe(
      "What it says in the journal: 0 warnings, 1 notices too, 2 information, 3 everything",
    ),
  redis_timeout_ms: milliseconds(10, 10_000)
    .default(200)
    .describe(`How long Redis is waited for, ${aboutWhat}`),
  redis_retry_seconds: seconds(1, 3_600)
    .default(1)
    .describe("How long a Redis that did not answer is left alone"),
});

type KamailioKeys = z.output<ReturnType<typeof section<ReturnType<typeof kamailioKeys>>>>;

export const kamailioOf = (keys: KamailioKeys): KamailioModel => ({
  sharedMemoryMb: keys.shared_memory_mb,
  packageMemoryMb: keys.package_memory_mb,
  logLevel: keys.log_level,
  redisTimeoutMs: keys.redis_timeout_ms,
  redisRetrySeconds: keys.redis_retry_seconds,
});

/** The section `kamailio.timers` of config.yml. */
export const timersSchema = section({
  t1_ms: milliseconds(50, 4_000)
    .default(500)
    .describe("When a request over UDP is repeated for the first time (RFC 3261, T1)"),
  t2_ms: milliseconds(100, 32_000)
    .default(4_000)
    .describe("The longest time between two repetitions (RFC 3261, T2)"),
  fr_timer_ms: milliseconds(1_000, 64_000)
    .default(32_000)
    .describe("How long any answer to a request is waited for (RFC 3261, timers B and F)"),
  max_inv_lifetime_ms: milliseconds(10_000, 3_600_000)
    .default(180_000)
    .describe("How long a call may be set up in all, with every forward of it"),
});

export const sipTimersOf = (timers: z.output<typeof timersSchema>): SipTimersModel => ({
  t1Ms: timers.t1_ms,
  t2Ms: timers.t2_ms,
  frTimerMs: timers.fr_timer_ms,
  maxInviteLifetimeMs: timers.max_inv_lifetime_ms,
});
