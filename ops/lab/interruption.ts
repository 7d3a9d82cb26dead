/** A run on the lab was interrupted from outside. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/**
 * Rejects at the first SIGINT, SIGTERM or SIGHUP of this process. Those that follow end nothing: what a run has made is being
 * taken away then, and timeout(1), npm and a terminal each send one of their own.
 *
 * @throws {InterruptedError} with the name of the signal
 */
export const interruption = (): Promise<never> => {
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => reject(new InterruptedError(`interrupted by ${signal}`)));
  });
  // It may come while nobody waits for it.
  interrupted.catch(() => undefined);
  return interrupted;
};
