import type { Every } from "../../../../ha/rounds.ts";

/** Rounds on a timer of their own, every `ms` whatever was asked for. */
export const everyMs =
  (ms: number): Every =>
  (_wanted, work) => {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  };
