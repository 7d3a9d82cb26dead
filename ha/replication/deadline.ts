/** Ran out of the time that a store is given to answer. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
  }
}

/**
 * Waits for `work`, but neither longer than `timeoutMs` nor beyond `signal`. The work itself goes on: what a
 * server was sent cannot be called back.
 *
 * @throws {DeadlineError} after `timeoutMs`
 * @throws the reason of `signal` when that fires first
 */
export const withDeadline = async <Result>(
  work: () => Promise<Result>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Result> => {
  signal?.throwIfAborted();
  return await new Promise<Result>((resolve, reject) => {
    const stop = (): void => reject(asError(signal?.reason));
    const timer = setTimeout(() => reject(new DeadlineError(timeoutMs)), timeoutMs);
    signal?.addEventListener("abort", stop, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
      });
  });
};

export const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason));
