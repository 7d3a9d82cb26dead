const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A length of time in the two largest units that matter: `3 h 12 min`, `45 s`, `30 ms`. */
export const describeDuration = (lengthMs: number): string => {
  const ms = Math.max(0, Math.round(lengthMs));
  if (ms < SECOND_MS) return `${ms} ms`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return twoUnits(ms, [MINUTE_MS, "min"], [SECOND_MS, "s"]);
  if (ms < DAY_MS) return twoUnits(ms, [HOUR_MS, "h"], [MINUTE_MS, "min"]);
  return twoUnits(ms, [DAY_MS, "d"], [HOUR_MS, "h"]);
};

type Unit = readonly [lengthMs: number, name: string];

const twoUnits = (ms: number, large: Unit, small: Unit): string => {
  const rest = Math.floor((ms % large[0]) / small[0]);
  const head = `${Math.floor(ms / large[0])} ${large[1]}`;
  return rest === 0 ? head : `${head} ${rest} ${small[1]}`;
};

/** Local time to the second, as `date` sorts it: `2026-11-22 07:01:12`. */
export const describeInstant = (wallMs: number): string => {
  const date = new Date(wallMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
};
