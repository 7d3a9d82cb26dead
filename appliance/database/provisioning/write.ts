import type { Changes, ChangesOf } from "./changes.ts";
import type { RewriteRuleSet, Status } from "./model.ts";
import type { Ids, Writing } from "./rows.ts";
import { deleteRows, idIn, idsOf, insertRows, replacePreferences, writtenOf } from "./rows.ts";
import { writePeerGroups } from "./write-peers.ts";
import { writeSubscribers } from "./write-subscribers.ts";

const writeRuleSets = async (
  { database, onDone }: Writing,
  changes: ChangesOf<"rewrite_rule_sets">,
): Promise<Ids> => {
  const written: readonly (readonly [string, RewriteRuleSet])[] = writtenOf(changes);
  const table = "provisioning.voip_rewrite_rule_sets";
  const rows = [...changes.created].map(([name, { description }]) => [name, description]);
  await insertRows(database, `${table} (name, description)`, rows);
  for (const [name, { after }] of changes.changed)
    await database.query(`UPDATE ${table} SET description = ? WHERE name = ?`, [
      after.description,
      name,
    ]);
  const ids = await idsOf(database, table, "name");
  const changed = [...changes.changed.keys()].map((name) => idIn(ids, name));
  await deleteRows(database, "provisioning.voip_rewrite_rules", "set_id", changed);
  const rules = written.flatMap(([name, set]) =>
    set.rules.map((rule, index) => [
      ...[idIn(ids, name), rule.direction, rule.field, index + 1],
      ...[rule.match, rule.replace, rule.description, rule.enabled],
    ]),
  );
  const columns =
    "set_id, direction, field, priority, match_pattern, replace_pattern, description, enabled";
  await insertRows(database, `provisioning.voip_rewrite_rules (${columns})`, rules);
  onDone(written.length);
  return ids;
};

const writeDomains = async (
  writing: Writing,
  changes: ChangesOf<"domains">,
  ruleSets: Ids,
): Promise<void> => {
  const { database, onDone } = writing;
  const table = "provisioning.voip_domains";
  await insertRows(
    database,
    `${table} (domain)`,
    [...changes.created.keys()].map((name) => [name]),
  );
  const ids = await idsOf(database, table, "domain");
  const owners = writtenOf(changes).map(
    ([name, { preferences }]) => [idIn(ids, name), preferences] as const,
  );
  await replacePreferences(writing, "domains", owners, ruleSets);
  onDone(owners.length);
};

const writeBillingProfiles = async (
  { database, onDone }: Writing,
  changes: ChangesOf<"billing_profiles">,
): Promise<Ids> => {
  const table = "billing.billing_profiles";
  const created = [...changes.created.keys()].map((name) => [name]);
  await insertRows(database, `${table} (handle)`, created);
  const ids = await idsOf(database, table, "handle");
  const changed = [...changes.changed.keys()].map((name) => idIn(ids, name));
  await deleteRows(database, "billing.billing_fees", "billing_profile_id", changed);
  const fees = writtenOf(changes).flatMap(([name, profile]) =>
    profile.fees.map((fee) => [
      ...[idIn(ids, name), fee.destination, fee.init_rate, fee.init_interval],
      ...[fee.follow_rate, fee.follow_interval],
    ]),
  );
  const columns =
    "billing_profile_id, destination, onpeak_init_rate, onpeak_init_interval, onpeak_follow_rate, onpeak_follow_interval";
  await insertRows(database, `billing.billing_fees (${columns})`, fees);
  onDone(writtenOf(changes).length);
  return ids;
};

const writeCustomers = async (
  writing: Writing,
  changes: ChangesOf<"customers">,
  { ruleSets, profiles }: { readonly ruleSets: Ids; readonly profiles: Ids },
): Promise<void> => {
  const { database, onDone } = writing;
  const table = "billing.contracts";
  const rows: readonly (readonly [string, Status])[] = [...changes.created].map(
    ([name, { status }]) => [name, status],
  );
  await insertRows(database, `${table} (external_id, status)`, rows);
  for (const [name, { after }] of changes.changed)
    await database.query(`UPDATE ${table} SET status = ? WHERE external_id = ?`, [
      after.status,
      name,
    ]);
  for (const profile of new Set(writtenOf(changes).map(([, customer]) => customer.billing_profile)))
    await database.query(
      `UPDATE ${table} SET billing_profile_id = NULLIF(?, 0) WHERE external_id IN (?)`,
      [
        profiles.get(profile) ?? 0,
        writtenOf(changes)
          .filter(([, customer]) => customer.billing_profile === profile)
          .map(([name]) => name),
      ],
    );
  const ids = await idsOf(database, table, "external_id");
  const owners = writtenOf(changes).map(
    ([name, { preferences }]) => [idIn(ids, name), preferences] as const,
  );
  await replacePreferences(writing, "customers", owners, ruleSets);
  onDone(owners.length);
};

const DELETED_FROM = [
  ["peer_groups", "provisioning.voip_peer_groups", "name"],
  ["domains", "provisioning.voip_domains", "domain"],
  ["customers", "billing.contracts", "external_id"],
  ["billing_profiles", "billing.billing_profiles", "handle"],
  ["rewrite_rule_sets", "provisioning.voip_rewrite_rule_sets", "name"],
] as const;

/** Writes all `changes`; to be called in a transaction. Rows that belong to a deleted entry go with it. */
export const writeChanges = async (writing: Writing, changes: Changes): Promise<void> => {
  const ruleSets = await writeRuleSets(writing, changes.rewrite_rule_sets);
  await writeDomains(writing, changes.domains, ruleSets);
  const profiles = await writeBillingProfiles(writing, changes.billing_profiles);
  await writeCustomers(writing, changes.customers, { ruleSets, profiles });
  await writePeerGroups(writing, changes.peer_groups, ruleSets);
  await writeSubscribers(writing, changes.subscribers, ruleSets);
  for (const [kind, table, column] of DELETED_FROM)
    await deleteRows(writing.database, table, column, changes[kind].deleted);
};
