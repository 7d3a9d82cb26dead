import type { Changes, ChangesOf } from "./changes.ts";
import type { PeerGroup, RewriteRuleSet, Status } from "./model.ts";
import type { Ids, Writing } from "./rows.ts";
import { deleteRows, idsOf, insertRows, replacePreferences, writtenOf } from "./rows.ts";
import { writeSubscribers } from "./write-subscribers.ts";

const idIn = (ids: Ids, name: string): number => {
  const id = ids.get(name);
  if (id === undefined) throw new TypeError(`${name} was written and has no id`);
  return id;
};

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

const writePeerHosts = async (
  writing: Writing,
  groups: readonly (readonly [id: number, PeerGroup])[],
  ruleSets: Ids,
): Promise<void> => {
  const { database } = writing;
  const table = "provisioning.voip_peer_hosts";
  const rows = groups.flatMap(([id, { hosts }]) =>
    Object.entries(hosts).map(([name, host]) => [
      ...[id, name, host.ip, host.host, host.port, host.transport],
      ...[host.weight, host.via_lb, host.probe, host.enabled],
    ]),
  );
  const columns = "group_id, name, ip, host, port, transport, weight, via_lb, probe, enabled";
  await insertRows(database, `${table} (${columns})`, rows);
  const ids = await idsOf(database, table, "name");
  const owners = groups.flatMap(([, { hosts }]) =>
    Object.entries(hosts).map(([name, host]) => [idIn(ids, name), host.preferences] as const),
  );
  await replacePreferences(writing, "peer_hosts", owners, ruleSets);
};

const writePeerGroups = async (
  writing: Writing,
  changes: ChangesOf<"peer_groups">,
  ruleSets: Ids,
): Promise<void> => {
  const { database, onDone } = writing;
  const table = "provisioning.voip_peer_groups";
  await insertRows(
    database,
    `${table} (name, priority, description)`,
    [...changes.created].map(([name, group]) => [name, group.priority, group.description]),
  );
  for (const [name, { after }] of changes.changed)
    await database.query(`UPDATE ${table} SET priority = ?, description = ? WHERE name = ?`, [
      ...[after.priority, after.description, name],
    ]);
  const ids = await idsOf(database, table, "name");
  const written = writtenOf(changes).map(([name, group]) => [idIn(ids, name), group] as const);
  const old = [...changes.changed.keys()].map((name) => idIn(ids, name));
  for (const part of ["voip_peer_hosts", "voip_peer_rules"])
    await deleteRows(database, `provisioning.${part}`, "group_id", old);
  const rules = written.flatMap(([id, group]) =>
    group.rules.map((rule) => [
      ...[id, rule.callee_prefix, rule.callee_pattern, rule.caller_pattern],
      ...[rule.description, rule.stopper, rule.enabled],
    ]),
  );
  const columns =
    "group_id, callee_prefix, callee_pattern, caller_pattern, description, stopper, enabled";
  await insertRows(database, `provisioning.voip_peer_rules (${columns})`, rules);
  await writePeerHosts(writing, written, ruleSets);
  onDone(written.length);
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
