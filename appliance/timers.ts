/** Milliseconds; see the `ha:` section of config.yml. */
export interface SafetyTimers {
  readonly yieldMs: number;
  readonly releaseMaxMs: number;
  readonly heartbeatMs: number;
  readonly tickMs: number;
  readonly deadMs: number;
}

/**
 * The safety inequality: an isolated active node must have released the shared addresses before its
 * peer takes them.
 *
 * @returns a sentence that says what would go wrong, or `undefined` when the timers are safe
 */
export const timersProblem = (timers: SafetyTimers): string | undefined => {
  const released = timers.yieldMs + timers.releaseMaxMs + timers.heartbeatMs + 2 * timers.tickMs;
  return released < timers.deadMs
    ? undefined
    : `yield_ms + release_max_ms + heartbeat_ms + 2 * tick_ms is ${released} ms and must be below ` +
        `dead_ms (${timers.deadMs} ms), or two isolated nodes may both hold the shared address`;
};
