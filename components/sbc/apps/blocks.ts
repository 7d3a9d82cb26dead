import type { Database } from "../../../appliance/database/client.ts";
import type { Deed } from "./codes.ts";
import { done } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { attributeId, PREFERENCES, settingOf, textIn } from "./preferences.ts";
import type { Whose } from "./preferences.ts";

/* The codes that let a number in or refuse it: lists of the subscriber, of its customer, and of its domain. */

const LIST = "block_in_list";

/** Whose calls are meant: the number as the proxy compares it, by the rules of who has dialled it. */
const asCalling = async (database: Database, uuid: string, number: string): Promise<string> => {
  const [row] = await database.query(
    "SELECT kamailio.rewritten(?, s.rewrite_rule_set, 'in', 'callee', s.cc, s.ac) AS number FROM kamailio.subscriber_settings s WHERE s.uuid = ?",
    [number, uuid],
  );
  return textIn(row, "number") ?? number;
};

/** Where lists stand besides, the nearest first: the table, its owner, and what of the subscriber names that. */
const INHERITED = [
  ["voip_contract_preferences", "contract_id", "account_id"],
  ["voip_dom_preferences", "domain_id", "domain_id"],
] as const;

/** The list that holds now, of the nearest level that has one, becomes the subscriber's own before it is changed. */
const ownList = async (database: Database, id: number, attribute: number): Promise<void> => {
  const own = `SELECT 1 FROM ${PREFERENCES} WHERE subscriber_id = ${id} AND attribute_id = ${attribute}`;
  for (const [table, owner, of] of INHERITED)
    await database.query(
      `INSERT INTO ${PREFERENCES} (subscriber_id, attribute_id, value)
        SELECT s.id, p.attribute_id, p.value FROM provisioning.voip_subscribers s
        JOIN provisioning.${table} p ON p.${owner} = s.${of}
        WHERE s.id = ? AND p.attribute_id = ? AND NOT EXISTS (${own})`,
      [id, attribute],
    );
};

/** Of the list that holds, be it the subscriber's own or not. */
const blockedNow = async (database: Database, id: number, attribute: number): Promise<Outcome> => {
  const inherited = INHERITED.map(
    (
      [table, owner, of],
      index,
    ) => `UNION ALL SELECT ${index + 1} FROM provisioning.voip_subscribers s
      JOIN provisioning.${table} p ON p.${owner} = s.${of} WHERE s.id = ${id} AND p.attribute_id = ${attribute}`,
  );
  const [row] = await database.query(
    `SELECT COUNT(*) AS count FROM (
      SELECT 0 AS level FROM ${PREFERENCES} WHERE subscriber_id = ${id} AND attribute_id = ${attribute}
      ${inherited.join(" ")}) l GROUP BY level ORDER BY level LIMIT 1`,
  );
  return done(`${Number(row?.["count"] ?? 0)} numbers are blocked`);
};

/** Whether the list that holds names one of `numbers`, as the proxy asks it. */
const isListed = async (
  database: Database,
  uuid: string,
  numbers: readonly string[],
): Promise<boolean> => {
  for (const number of numbers) {
    const [row] = await database.query("SELECT kamailio.listed(?, ?, ?) AS listed", [
      ...[uuid, LIST, number],
    ]);
    if (Number(row?.["listed"] ?? 0) === 1) return true;
  }
  return false;
};

/** Nothing is written where the number is not blocked, or would be so all the same. */
const unblock = async (
  database: Database,
  { uuid, id }: Whose,
  attribute: number,
  number: string,
): Promise<Outcome> => {
  const numbers = [number, await asCalling(database, uuid, number)];
  if (!(await isListed(database, uuid, numbers))) return blockedNow(database, id, attribute);
  await database.query("SAVEPOINT listed");
  await ownList(database, id, attribute);
  await database.query(
    `DELETE FROM ${PREFERENCES} WHERE subscriber_id = ? AND attribute_id = ? AND value IN (?)`,
    [id, attribute, numbers],
  );
  if (!(await isListed(database, uuid, numbers))) return blockedNow(database, id, attribute);
  await database.query("ROLLBACK TO SAVEPOINT listed");
  return {
    status: 403,
    sentence: "it stays blocked: by a pattern, or by the list of the customer or domain",
  };
};

type Blocks = Extract<Deed, { readonly kind: "block" | "unblock" | "tellBlocked" }>;

/**
 * What the list says of callers, and what it says from now on.
 *
 * @throws what {@link Database} throws
 */
export const block = async (database: Database, whose: Whose, deed: Blocks): Promise<Outcome> => {
  const { uuid, id } = whose;
  // A list of those who may call would let in whom its owner wants to keep out.
  if ((await settingOf(database, uuid, "block_in_mode")) === "1")
    return { status: 403, sentence: "the list names who may call" };
  const attribute = await attributeId(database, LIST);
  if (deed.kind === "block") {
    await ownList(database, id, attribute);
    await database.query(
      `INSERT IGNORE INTO ${PREFERENCES} (subscriber_id, attribute_id, value) VALUES (?)`,
      [[id, attribute, await asCalling(database, uuid, deed.number)]],
    );
  }
  if (deed.kind === "unblock" && deed.number !== undefined)
    return unblock(database, whose, attribute, deed.number);
  if (deed.kind === "unblock")
    await database.query(
      `DELETE FROM ${PREFERENCES} WHERE subscriber_id = ? AND attribute_id = ?`,
      [id, attribute],
    );
  return blockedNow(database, id, attribute);
};
