/** A point in time as ngcpcfg has always written it: `2026-11-22 07:15:03`, local time. */
export const stamp = (ms: number): string => {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
};
