import type { Database, Row } from "../../../appliance/database/client.ts";
import { writeEdition } from "../../../appliance/database/provisioning/edition.ts";
import type { Deed } from "./codes.ts";
import { tellReminder, writeReminder } from "./reminder/setting.ts";

/** What the caller is told. `done` is the state that holds now. */
export interface Outcome {
  readonly status: 200 | 403 | 404;
  /** In ASCII without quotes: it becomes part of a header. */
  readonly sentence: string;
}

const PREFERENCES = "provisioning.voip_usr_preferences";

const textIn = (row: Row | undefined, column: string): string | undefined => {
  const value = row?.[column];
  return typeof value === "string" ? value : undefined;
};

const done = (sentence: string): Outcome => ({ status: 200, sentence });

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

const attributeId = async (database: Database, attribute: string): Promise<number> => {
  const [row] = await database.query(
    "SELECT id FROM provisioning.voip_preferences WHERE attribute = ?",
    [attribute],
  );
  return Number(row?.["id"]);
};

const settingOf = async (database: Database, uuid: string, attribute: string): Promise<string> => {
  const [row] = await database.query("SELECT kamailio.setting(?, ?) AS value", [uuid, attribute]);
  return textIn(row, "value") ?? "0";
};

const tellAnonymous = async (database: Database, uuid: string): Promise<Outcome> => {
  const value = await settingOf(database, uuid, "block_in_clir");
  return done(`anonymous callers are ${value === "1" ? "refused" : "let in"}`);
};

/** Whose calls are meant: the number as the proxy compares it, by the rules of who has dialled it. */
const asCalling = async (database: Database, uuid: string, number: string): Promise<string> => {
  const [row] = await database.query(
    "SELECT kamailio.rewritten(?, s.rewrite_rule_set, 'in', 'callee', s.cc, s.ac) AS number FROM kamailio.subscriber_settings s WHERE s.uuid = ?",
    [number, uuid],
  );
  return textIn(row, "number") ?? number;
};

/** The list that holds now, of the nearest level that has one, becomes the subscriber's own before it is changed. */
const ownList = async (database: Database, id: number, attribute: number): Promise<void> => {
  const own = `SELECT 1 FROM ${PREFERENCES} WHERE subscriber_id = ${id} AND attribute_id = ${attribute}`;
  const levels = [
    ["voip_contract_preferences", "contract_id", "account_id"],
    ["voip_dom_preferences", "domain_id", "domain_id"],
  ] as const;
  for (const [table, owner, of] of levels)
    await database.query(
      `INSERT INTO ${PREFERENCES} (subscriber_id, attribute_id, value)
        SELECT s.id, p.attribute_id, p.value FROM provisioning.voip_subscribers s
        JOIN provisioning.${table} p ON p.${owner} = s.${of}
        WHERE s.id = ? AND p.attribute_id = ? AND NOT EXISTS (${own})`,
      [id, attribute],
    );
};

interface Whose {
  readonly uuid: string;
  readonly id: number;
}

type Blocks = Extract<Deed, { readonly kind: "block" | "unblock" | "tellBlocked" }>;

const block = async (database: Database, { uuid, id }: Whose, deed: Blocks): Promise<Outcome> => {
  // A list of those who may call would let in whom its owner wants to keep out.
  if ((await settingOf(database, uuid, "block_in_mode")) === "1")
    return { status: 403, sentence: "the list names who may call" };
  const attribute = await attributeId(database, "block_in_list");
  if (deed.kind === "block") {
    await ownList(database, id, attribute);
    await database.query(
      `INSERT IGNORE INTO ${PREFERENCES} (subscriber_id, attribute_id, value) VALUES (?)`,
      [[id, attribute, await asCalling(database, uuid, deed.number)]],
    );
  }
  if (deed.kind === "unblock" && deed.number === undefined)
    await database.query(
      `DELETE FROM ${PREFERENCES} WHERE subscriber_id = ? AND attribute_id = ?`,
      [id, attribute],
    );
  if (deed.kind === "unblock" && deed.number !== undefined)
    await database.query(
      `DELETE FROM ${PREFERENCES} WHERE subscriber_id = ? AND attribute_id = ? AND value IN (?)`,
      [id, attribute, [deed.number, await asCalling(database, uuid, deed.number)]],
    );
  const [row] = await database.query(
    `SELECT COUNT(*) AS count FROM ${PREFERENCES} WHERE subscriber_id = ? AND attribute_id = ?`,
    [id, attribute],
  );
  return done(`${Number(row?.["count"])} numbers are blocked`);
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

/**
 * Does for a subscriber what a code asks for: in the tables that ngcp-provision writes, whole or not at all, and twice
 * the same as once. It is in force at the next call.
 *
 * @throws what {@link Database} throws
 */
export const doFor = (database: Database, uuid: string, deed: Deed): Promise<Outcome> =>
  database.inTransaction(async () => {
    const id = await subscriberId(database, uuid);
    if (id === undefined) return { status: 404, sentence: "there is no such subscriber" };
    const outcome = await carryOut(database, { uuid, id }, deed);
    if (!deed.kind.startsWith("tell")) await writeEdition(database);
    return outcome;
  });
