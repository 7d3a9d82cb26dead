import { setTimeout as pause } from "node:timers/promises";

/** Waits until a condition that has an end holds. */
export const until = async (holds: () => Promise<boolean>, maxMs: number): Promise<void> => {
  const deadline = performance.now() + maxMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not so within ${maxMs} ms`);
    await pause(20);
  }
};
