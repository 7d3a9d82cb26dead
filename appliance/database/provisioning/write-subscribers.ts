import type { ChangesOf } from "./changes.ts";
import type { Reminder, Subscriber } from "./model.ts";
import { partsOf } from "./model.ts";
import type { Ids, Writing } from "./rows.ts";
import { deleteRows, idsOf, insertRows, replacePreferences, writtenOf } from "./rows.ts";

/** One batch of statements writes so many; the progress moves after each. */
const BATCH = 1_000;

type Named = readonly [name: string, subscriber: Subscriber];

const batchesOf = <Item>(items: readonly Item[]): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / BATCH) }, (_none, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  );

/** The rows of both tables that hold the subscribers themselves. */
const insertNew = async (
  { database }: Writing,
  created: readonly Named[],
  domains: Ids,
  customers: Ids,
): Promise<void> => {
  const rows = created.map(([name, { uuid, customer, external_id, status }]) => {
    const { user, domain } = partsOf(name);
    const account = customers.get(customer) ?? 0;
    return [uuid, user, domains.get(domain) ?? 0, account, external_id, status];
  });
  const columns = "uuid, username, domain_id, account_id, external_id, status";
  await insertRows(database, `provisioning.voip_subscribers (${columns})`, rows);
  const credentials = created.map(([name, { uuid, ha1 }]) => {
    const { user, domain } = partsOf(name);
    return [user, domain, ha1, uuid];
  });
  await insertRows(database, "kamailio.subscriber (username, domain, ha1, uuid)", credentials);
};

const updateOld = async (
  { database }: Writing,
  changes: ChangesOf<"subscribers">,
  customers: Ids,
): Promise<void> => {
  for (const [name, { before, after }] of changes.changed) {
    const { user, domain } = partsOf(name);
    const isRow = ["uuid", "customer", "external_id", "status"] as const;
    if (isRow.some((key) => before[key] !== after[key]))
      await database.query(
        "UPDATE provisioning.voip_subscribers SET uuid = ?, account_id = ?, external_id = ?, status = ? WHERE uuid = ?",
        [
          ...[after.uuid, customers.get(after.customer) ?? 0, after.external_id],
          ...[after.status, before.uuid],
        ],
      );
    if (before.ha1 !== after.ha1 || before.uuid !== after.uuid)
      await database.query(
        "UPDATE kamailio.subscriber SET ha1 = ?, uuid = ? WHERE username = ? AND domain = ?",
        [after.ha1, after.uuid, user, domain],
      );
  }
};

const idsByUuid = async (
  { database }: Writing,
  subscribers: readonly Named[],
): Promise<ReadonlyMap<string, number>> => {
  const uuids = subscribers.map(([, { uuid }]) => uuid);
  const rows = await database.query(
    "SELECT id, uuid FROM provisioning.voip_subscribers WHERE uuid IN (?)",
    [uuids],
  );
  return new Map(rows.map((row) => [String(row["uuid"]), Number(row["id"])]));
};

/** One that stays as it is keeps the time at which it was set, and so is not due a second time. */
const writeReminders = async (
  { database }: Writing,
  owners: readonly (readonly [id: number, Reminder | null])[],
): Promise<void> => {
  const without = owners.flatMap(([id, reminder]) => (reminder === null ? [id] : []));
  await deleteRows(database, "provisioning.voip_reminder", "subscriber_id", without);
  const rows = owners.flatMap(([id, reminder]) =>
    reminder === null ? [] : [[id, reminder.time, reminder.recur, reminder.active]],
  );
  if (rows.length > 0)
    await database.query(
      `INSERT INTO provisioning.voip_reminder (subscriber_id, time, recur, active) VALUES ?
        ON DUPLICATE KEY UPDATE
          set_at = IF(time = VALUE(time) AND recur = VALUE(recur) AND active = VALUE(active), set_at, VALUE(set_at)),
          time = VALUE(time), recur = VALUE(recur), active = VALUE(active)`,
      [rows],
    );
};

/** Numbers, aliases, call forwards and preferences of subscribers that have none in the tables. */
const insertBelongings = async (
  writing: Writing,
  subscribers: readonly Named[],
  domains: Ids,
  ruleSets: Ids,
): Promise<void> => {
  const { database } = writing;
  const ids = await idsByUuid(writing, subscribers);
  const owners = subscribers.map(
    ([name, subscriber]) => [ids.get(subscriber.uuid) ?? 0, name, subscriber] as const,
  );
  const aliases = owners.flatMap(([id, name, { numbers, aliases: words }]) => {
    const domain = domains.get(partsOf(name).domain) ?? 0;
    return [
      ...numbers.map((number, index) => [number, domain, id, index === 0, true]),
      ...words.map((word) => [word, domain, id, false, false]),
    ];
  });
  const columns = "username, domain_id, subscriber_id, is_primary, is_e164";
  await insertRows(database, `provisioning.voip_dbaliases (${columns})`, aliases);
  const forwards = owners.flatMap(([id, , { call_forwards }]) =>
    call_forwards.map((forward, index) => {
      const earlier = call_forwards.slice(0, index).filter(({ type }) => type === forward.type);
      return [id, forward.type, earlier.length + 1, forward.to, forward.timeout, forward.enabled];
    }),
  );
  const order = "subscriber_id, type, priority, destination, timeout, enabled";
  await insertRows(database, `provisioning.voip_cf_mappings (${order})`, forwards);
  const reminders = owners.map(([id, , { reminder }]) => [id, reminder] as const);
  await writeReminders(writing, reminders);
  const preferences = owners.map(([id, , subscriber]) => [id, subscriber.preferences] as const);
  await replacePreferences(writing, "subscribers", preferences, ruleSets);
};

/** A subscriber that is deleted loses the credentials and the registrations, too. */
const deleteGone = async ({ database }: Writing, names: readonly string[]): Promise<void> => {
  for (const name of names) {
    const { user, domain } = partsOf(name);
    for (const table of ["kamailio.subscriber", "kamailio.location"])
      await database.query(`DELETE FROM ${table} WHERE username = ? AND domain = ?`, [
        user,
        domain,
      ]);
    await database.query(
      `DELETE FROM provisioning.voip_subscribers WHERE username = ?
        AND domain_id = (SELECT id FROM provisioning.voip_domains WHERE domain = ?)`,
      [user, domain],
    );
  }
};

/** What goes is gone before anything comes: a number may move from one subscriber to another. */
export const writeSubscribers = async (
  writing: Writing,
  changes: ChangesOf<"subscribers">,
  ruleSets: Ids,
): Promise<void> => {
  const { database, onDone } = writing;
  await deleteGone(writing, changes.deleted);
  const domains = await idsOf(database, "provisioning.voip_domains", "domain");
  const customers = await idsOf(database, "billing.contracts", "external_id");
  const before = [...changes.changed].map(([name, entry]): Named => [name, entry.before]);
  for (const batch of batchesOf(before)) {
    const ids = [...(await idsByUuid(writing, batch)).values()];
    for (const table of ["voip_dbaliases", "voip_cf_mappings"])
      await deleteRows(database, `provisioning.${table}`, "subscriber_id", ids);
  }
  await updateOld(writing, changes, customers);
  for (const batch of batchesOf([...changes.created]))
    await insertNew(writing, batch, domains, customers);
  for (const batch of batchesOf(writtenOf(changes))) {
    await insertBelongings(writing, batch, domains, ruleSets);
    onDone(batch.length);
  }
};
