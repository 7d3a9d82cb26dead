import type { Database } from "../client.ts";
import { flag, number, text, word } from "./columns.ts";
import type { Reminder } from "./model.ts";
import { RECURRENCES } from "./model.ts";

/** So many are asked for by their ids; more are found faster by reading all. */
const MOST_BY_ID = 1_000;

const REMINDERS =
  "SELECT subscriber_id, TIME_FORMAT(time, '%H:%i') AS time, recur, active FROM provisioning.voip_reminder";

/**
 * The reminders by the ids of their subscribers.
 *
 * @param only whose are wanted at least; all when it is left out
 */
export const loadReminders = async (
  database: Database,
  only?: readonly number[],
): Promise<ReadonlyMap<number, Reminder>> => {
  if (only?.length === 0) return new Map();
  const rows =
    only === undefined || only.length > MOST_BY_ID
      ? await database.query(REMINDERS)
      : await database.query(`${REMINDERS} WHERE subscriber_id IN (?)`, [only]);
  return new Map(
    rows.map((row) => [
      number(row, "subscriber_id"),
      {
        time: text(row, "time"),
        recur: word(row, "recur", RECURRENCES),
        active: flag(row, "active"),
      },
    ]),
  );
};
