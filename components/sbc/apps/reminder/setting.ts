import type { Database } from "../../../../appliance/database/client.ts";

/*
 * What subscribers set by a code.
 */

/** The one reminder of a subscriber, once at `time` (`HH:MM`), the next time that it is so late; none without a time. */
export const writeReminder = async (
  database: Database,
  subscriberId: number,
  time: string | undefined,
): Promise<void> => {
  await database.query("DELETE FROM provisioning.voip_reminder WHERE subscriber_id = ?", [
    subscriberId,
  ]);
  if (time !== undefined)
    await database.query(
      "INSERT INTO provisioning.voip_reminder (subscriber_id, time, recur) VALUES (?)",
      [[subscriberId, time, "never"]],
    );
};

const WORDS: Readonly<Record<string, string>> = {
  never: "once",
  weekdays: "from Monday to Friday",
  always: "each day",
};

/** In ASCII without quotes. */
export const tellReminder = async (database: Database, subscriberId: number): Promise<string> => {
  const [row] = await database.query(
    "SELECT TIME_FORMAT(time, '%H.%i') AS time, recur FROM provisioning.voip_reminder WHERE subscriber_id = ? AND active",
    [subscriberId],
  );
  return row === undefined
    ? "there is no reminder"
    : `a reminder at ${String(row["time"])} ${WORDS[String(row["recur"])] ?? ""}`;
};
