/**
 * A signal that fires when `signal` does, and at the latest after `timeoutMs`. Its timer holds on to it:
 * what AbortSignal.any makes of AbortSignal.timeout may be collected in Node 20 before it fires.
 */
export const within = (timeoutMs: number, signal: AbortSignal): AbortSignal => {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new Error(`not done within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const follow = (): void => {
    clearTimeout(timer);
    controller.abort(signal.reason);
  };
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow, { once: true });
  return controller.signal;
};
