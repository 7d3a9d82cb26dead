import type { Database, Row } from "../../../../appliance/database/client.ts";
import type { Call, CallState, Reminder } from "./plan.ts";

/** A reminder that is active, whose it is, and what has become of it last. */
export interface Entry {
  readonly subscriberId: number;
  readonly uuid: string;
  readonly user: string;
  readonly domain: string;
  readonly reminder: Reminder;
  readonly call: Call | undefined;
}

const TABLE = "provisioning.voip_reminder_calls";
/** Rows of reminders that were due longer before another one are of no use. Seconds. */
const KEPT_SECONDS = 30 * 86_400;
const MINUTES_A_DAY = 1_440;

const ENTRIES = `SELECT r.subscriber_id, s.uuid, s.username, d.domain, TIME_TO_SEC(r.time) DIV 60 AS minutes, r.recur, r.set_at,
    c.due_at, c.state, c.attempts, c.next_at, c.owner
  FROM provisioning.voip_reminder r
  JOIN provisioning.voip_subscribers s ON s.id = r.subscriber_id
  JOIN provisioning.voip_domains d ON d.id = s.domain_id
  LEFT JOIN ${TABLE} c ON c.subscriber_id = r.subscriber_id
    AND c.due_at = (SELECT MAX(l.due_at) FROM ${TABLE} l WHERE l.subscriber_id = r.subscriber_id)
  WHERE r.active ORDER BY r.subscriber_id`;

const callIn = (row: Row): Call | undefined =>
  row["due_at"] === null
    ? undefined
    : {
        dueAt: Number(row["due_at"]),
        state: String(row["state"]) as CallState,
        attempts: Number(row["attempts"]),
        nextAt: Number(row["next_at"]),
        owner: String(row["owner"]),
      };

/** @throws what {@link Database} throws */
export const activeReminders = async (database: Database): Promise<readonly Entry[]> => {
  const rows = await database.query(ENTRIES);
  return rows.map((row) => ({
    subscriberId: Number(row["subscriber_id"]),
    uuid: String(row["uuid"]),
    user: String(row["username"]),
    domain: String(row["domain"]),
    reminder: {
      minutes: Number(row["minutes"]) % MINUTES_A_DAY,
      recur: String(row["recur"]) as Reminder["recur"],
      setAt: Number(row["set_at"]),
    },
    call: callIn(row),
  }));
};

/** Whether the reminder is as it was read, and what was read of its calls is still so. It is locked, then. */
const isUnchanged = async (
  database: Database,
  { subscriberId, reminder }: Entry,
  dueAt: number,
  attempts: number,
): Promise<boolean> => {
  const [same] = await database.query(
    `SELECT id FROM provisioning.voip_reminder WHERE subscriber_id = ? AND active AND set_at = ?
      AND recur = ? AND TIME_TO_SEC(time) DIV 60 = ? FOR UPDATE`,
    [subscriberId, reminder.setAt, reminder.recur, reminder.minutes],
  );
  if (same === undefined) return false;
  const [call] = await database.query(
    `SELECT attempts FROM ${TABLE} WHERE subscriber_id = ? AND due_at = ? FOR UPDATE`,
    [subscriberId, dueAt],
  );
  return Number(call?.["attempts"] ?? 0) === attempts;
};

/** One that comes once is over, unless it was set again meanwhile. */
const retire = async (database: Database, { subscriberId, reminder }: Entry): Promise<void> => {
  await database.query(
    "UPDATE provisioning.voip_reminder SET active = 0 WHERE subscriber_id = ? AND set_at = ? AND recur = 'never'",
    [subscriberId, reminder.setAt],
  );
};

const write = async (database: Database, { subscriberId }: Entry, call: Call): Promise<void> => {
  await database.query(
    `INSERT INTO ${TABLE} (subscriber_id, due_at, state, attempts, next_at, owner) VALUES (?)
      ON DUPLICATE KEY UPDATE state = VALUE(state), attempts = VALUE(attempts), next_at = VALUE(next_at), owner = VALUE(owner)`,
    [[subscriberId, call.dueAt, call.state, call.attempts, call.nextAt, call.owner]],
  );
};

/**
 * Takes the right to call the phones for what was due at `dueAt`, in one transaction, so that it is counted before the first
 * phone rings, also by the node that takes over.
 *
 * @returns false when somebody else has taken it, or the reminder is not what it was
 */
export const claim = (
  database: Database,
  entry: Entry,
  { dueAt, attempt, owner }: { dueAt: number; attempt: number; owner: string },
): Promise<boolean> =>
  database.inTransaction(async () => {
    if (!(await isUnchanged(database, entry, dueAt, attempt - 1))) return false;
    await write(database, entry, { dueAt, state: "ringing", attempts: attempt, nextAt: 0, owner });
    await database.query(`DELETE FROM ${TABLE} WHERE subscriber_id = ? AND due_at < ?`, [
      ...[entry.subscriberId, dueAt - KEPT_SECONDS],
    ]);
    return true;
  });

/** Ends a reminder without a call. @returns false as {@link claim} does */
export const close = (
  database: Database,
  entry: Entry,
  call: Pick<Call, "dueAt" | "attempts" | "state"> & { readonly owner: string },
): Promise<boolean> =>
  database.inTransaction(async () => {
    if (!(await isUnchanged(database, entry, call.dueAt, call.attempts))) return false;
    await write(database, entry, { ...call, nextAt: 0 });
    await retire(database, entry);
    return true;
  });

/** What a call that was claimed has come to; nothing, where another process has claimed the next one. */
export const settle = (database: Database, entry: Entry, call: Call): Promise<void> =>
  database.inTransaction(async () => {
    await database.query(
      `UPDATE ${TABLE} SET state = ?, next_at = ?
        WHERE subscriber_id = ? AND due_at = ? AND attempts = ? AND owner = ? AND state = 'ringing'`,
      [call.state, call.nextAt, entry.subscriberId, call.dueAt, call.attempts, call.owner],
    );
    if (call.state !== "waiting") await retire(database, entry);
  });
