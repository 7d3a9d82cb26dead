import type { Database } from "../../../appliance/database/client.ts";
import { writeEdition } from "../../../appliance/database/provisioning/edition.ts";
import { block } from "./blocks.ts";
import type { Deed } from "./codes.ts";
import { done } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { attributeId, PREFERENCES, settingOf } from "./preferences.ts";
import type { Whose } from "./preferences.ts";
import { tellReminder, writeReminder } from "./reminder/setting.ts";

/** The subscriber, and a lock on it: two codes of one subscriber are dealt with one after the other. */
const subscriberId = async (database: Database, uuid: string): Promise<number | undefined> => {
  const [row] = await database.query(
    "SELECT id FROM provisioning.voip_subscribers WHERE uuid = ? FOR UPDATE",
    [uuid],
  );
  return row === undefined ? undefined : Number(row["id"]);
};

type Forwards = Extract<Deed, { readonly type: string }>;

const forwardsOf = async (database: Database, id: number, type: string): Promise<Outcome> => {
  const rows = await database.query(
    `SELECT destination FROM provisioning.voip_cf_mappings
      WHERE subscriber_id = ? AND type = ? AND enabled ORDER BY priority`,
    [id, type],
  );
  const to = rows.map((row) => String(row["destination"])).join(", ");
  return done(to === "" ? `${type} is off` : `${type} to ${to}`);
};

const forward = async (database: Database, id: number, deed: Forwards): Promise<Outcome> => {
  const { type } = deed;
  const table = "provisioning.voip_cf_mappings";
  if (deed.kind === "forward") {
    await database.query(`DELETE FROM ${table} WHERE subscriber_id = ? AND type = ?`, [id, type]);
    await database.query(`INSERT INTO ${table} (subscriber_id, type, destination) VALUES (?)`, [
      [id, type, deed.to],
    ]);
    if (deed.seconds !== undefined)
      await database.query(`UPDATE ${table} SET timeout = ? WHERE subscriber_id = ? AND type = ?`, [
        ...[deed.seconds, id, type],
      ]);
  }
  if (deed.kind === "switchForwards") {
    await database.query(`UPDATE ${table} SET enabled = ? WHERE subscriber_id = ? AND type = ?`, [
      ...[deed.on, id, type],
    ]);
    const outcome = await forwardsOf(database, id, type);
    const hasNone = deed.on && outcome.sentence.endsWith("is off");
    return hasNone ? { status: 404, sentence: `there is no ${type} to switch on` } : outcome;
  }
  return forwardsOf(database, id, type);
};

const tellAnonymous = async (database: Database, uuid: string): Promise<Outcome> => {
  const value = await settingOf(database, uuid, "block_in_clir");
  return done(`anonymous callers are ${value === "1" ? "refused" : "let in"}`);
};

const blockAnonymous = async (
  database: Database,
  { uuid, id }: Whose,
  on: boolean,
): Promise<Outcome> => {
  const attribute = await attributeId(database, "block_in_clir");
  await database.query(`DELETE FROM ${PREFERENCES} WHERE subscriber_id = ? AND attribute_id = ?`, [
    ...[id, attribute],
  ]);
  // Off is written too: the customer or the domain may say on.
  await database.query(
    `INSERT INTO ${PREFERENCES} (subscriber_id, attribute_id, value) VALUES (?)`,
    [[id, attribute, on ? "1" : "0"]],
  );
  return tellAnonymous(database, uuid);
};

const carryOut = async (database: Database, whose: Whose, deed: Deed): Promise<Outcome> => {
  switch (deed.kind) {
    case "forward":
    case "switchForwards":
    case "tellForwards":
      return forward(database, whose.id, deed);
    case "blockAnonymous":
      return blockAnonymous(database, whose, deed.on);
    case "tellAnonymous":
      return tellAnonymous(database, whose.uuid);
    case "block":
    case "unblock":
    case "tellBlocked":
      return block(database, whose, deed);
    case "remind":
    case "forgetReminder":
      await writeReminder(database, whose.id, deed.kind === "remind" ? deed.time : undefined);
      return done(await tellReminder(database, whose.id));
    case "tellReminder":
      return done(await tellReminder(database, whose.id));
  }
};

/** What a call asks of the subscriber that a code can change. */
const askedByCalls = async (database: Database, id: number): Promise<string> => {
  const forwards = await database.query(
    `SELECT type, destination, priority, timeout, enabled FROM provisioning.voip_cf_mappings
      WHERE subscriber_id = ? ORDER BY type, priority, id`,
    [id],
  );
  const preferences = await database.query(
    `SELECT k.attribute, p.value FROM ${PREFERENCES} p JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
      WHERE p.subscriber_id = ? ORDER BY k.attribute, p.value`,
    [id],
  );
  return JSON.stringify([forwards, preferences]);
};

/**
 * Does for a subscriber what a code asks for: in the tables that ngcp-provision writes, whole or not at all, and twice
 * the same as once. It is in force at the next call: the proxy asks anew where something has changed that a call asks for.
 *
 * @throws what {@link Database} throws
 */
export const doFor = (database: Database, uuid: string, deed: Deed): Promise<Outcome> =>
  database.inTransaction(async () => {
    const id = await subscriberId(database, uuid);
    if (id === undefined) return { status: 404, sentence: "there is no such subscriber" };
    const before = await askedByCalls(database, id);
    const outcome = await carryOut(database, { uuid, id }, deed);
    if ((await askedByCalls(database, id)) !== before) await writeEdition(database);
    return outcome;
  });
