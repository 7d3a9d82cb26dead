/** What the timers of RFC 3261 (table 4) and RFC 6026 are made of. */
export interface TimerSettings {
  /** T1: the estimate of a round trip. */
  readonly t1Ms: number;
  /** T2: the longest wait before a request that is no INVITE, or a response to an INVITE, is sent again. */
  readonly t2Ms: number;
  /** T4: how long a message may stay in the network. */
  readonly t4Ms: number;
  /** How long an INVITE may wait for the core before it is answered by 100 (RFC 3261 section 17.2.1). */
  readonly tryingMs: number;
}

/** The defaults of RFC 3261. */
export const RFC_3261_TIMERS: TimerSettings = {
  t1Ms: 500,
  t2Ms: 4_000,
  t4Ms: 5_000,
  tryingMs: 200,
};

/** A timer that does not run. */
export const NEVER = Infinity;

/** B, F, H, J, L and M: how long a transaction waits for its peer at most. */
export const patienceMs = ({ t1Ms }: TimerSettings): number => 64 * t1Ms;

/** D: at least 32 seconds, for the peer may use the default of H. */
export const timerDMs = (settings: TimerSettings): number => Math.max(32_000, patienceMs(settings));
