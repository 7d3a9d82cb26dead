import { setTimeout as pause } from "node:timers/promises";
import { nowMs } from "./phone/clock.ts";

const POLL_MS = 20;

/** Asks again and again until `holds` is true. Answers false when it was not within the time. */
export const within = async (
  maxMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<boolean> => {
  const deadline = nowMs() + maxMs;
  while (nowMs() < deadline) {
    if (await holds()) return true;
    await pause(POLL_MS);
  }
  return false;
};
