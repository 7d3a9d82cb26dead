/** A day of the calendar; months count from 1. */
export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Wall clocks of a time zone, by the tables of ICU. */
export interface Zone {
  readonly dayOf: (atMs: number) => Day;
  /** When the clocks show so many minutes after midnight: of two such instants the first, of none what an hour not set forward would show. */
  readonly instantOf: (day: Day, minutes: number) => number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export const dayBefore = ({ year, month, day }: Day, days: number): Day => {
  const at = new Date(Date.UTC(year, month - 1, day - days));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
};

/** 0 is Sunday. */
export const weekdayOf = ({ year, month, day }: Day): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay();

/**
 * @param name as in the tz database, e.g. Europe/Vienna
 * @throws RangeError there is no such zone
 */
export const zoneNamed = (name: string): Zone => {
  const form = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    hourCycle: "h23",
    ...{ year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  });
  /** What the clocks show, as if it were UTC. */
  const shown = (atMs: number): number => {
    const parts = new Map(
      form.formatToParts(atMs).map(({ type, value }) => [type, Number(value)] as const),
    );
    const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    return Date.UTC(
      ...([of("year"), of("month") - 1, of("day")] as const),
      ...([of("hour"), of("minute"), of("second")] as const),
    );
  };
  const offset = (atMs: number): number => shown(atMs) - Math.floor(atMs / 1000) * 1000;
  return {
    dayOf: (atMs) => {
      const at = new Date(shown(atMs));
      return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
    },
    instantOf: ({ year, month, day }, minutes) => {
      const wall = Date.UTC(year, month - 1, day) + minutes * MINUTE_MS;
      // The clocks change once within these two days at most.
      const before = wall - offset(wall - DAY_MS);
      const after = wall - offset(wall + DAY_MS);
      const [first = before] = [before, after]
        .filter((atMs) => shown(atMs) === wall)
        .toSorted((one, other) => one - other);
      return first;
    },
  };
};
