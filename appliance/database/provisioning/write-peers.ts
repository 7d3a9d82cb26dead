import type { Cell, Row } from "../client.ts";
import type { ChangesOf } from "./changes.ts";
import type { PeerGroup } from "./model.ts";
import { deleteRows, idIn, idsOf, insertRows, replacePreferences, writtenOf } from "./rows.ts";
import type { Ids, Writing } from "./rows.ts";

const HOSTS = "provisioning.voip_peer_hosts";
const HOST_COLUMNS = [
  ...[
    "group_id",
    "name",
    "ip",
    "host",
    "port",
    "transport",
    "weight",
    "via_lb",
    "probe",
    "enabled",
  ],
];

type Group = readonly [id: number, group: PeerGroup];

const cellsOf = (
  groupId: number,
  name: string,
  host: PeerGroup["hosts"][string],
): readonly Cell[] => [
  ...[groupId, name, host.ip, host.host, host.port, host.transport],
  ...[host.weight, host.via_lb, host.probe, host.enabled],
];

const keyOf = (groupId: number, name: string): string => `${groupId} ${name}`;

/** A host that stays keeps its id: by this the proxy knows how many calls it has, and whether it answers. */
const writeHostRows = async ({ database }: Writing, groups: readonly Group[]): Promise<void> => {
  if (groups.length === 0) return;
  const wanted = new Map(
    groups.flatMap(([id, { hosts }]) =>
      Object.entries(hosts).map(
        ([name, host]) => [keyOf(id, name), cellsOf(id, name, host)] as const,
      ),
    ),
  );
  const there = (
    await database.query(`SELECT id, group_id, name FROM ${HOSTS} WHERE group_id IN (?)`, [
      groups.map(([id]) => id),
    ])
  ).map((row: Row) => ({
    id: Number(row["id"]),
    key: keyOf(Number(row["group_id"]), String(row["name"])),
  }));
  const gone = there.filter(({ key }) => !wanted.has(key));
  await deleteRows(
    database,
    HOSTS,
    "id",
    gone.map(({ id }) => id),
  );
  const assignments = HOST_COLUMNS.map((column) => `${column} = ?`).join(", ");
  for (const { id, key } of there) {
    const cells = wanted.get(key);
    if (cells !== undefined)
      await database.query(`UPDATE ${HOSTS} SET ${assignments} WHERE id = ?`, [...cells, id]);
    wanted.delete(key);
  }
  await insertRows(database, `${HOSTS} (${HOST_COLUMNS.join(", ")})`, [...wanted.values()]);
};

const writePeerHosts = async (
  writing: Writing,
  groups: readonly Group[],
  ruleSets: Ids,
): Promise<void> => {
  await writeHostRows(writing, groups);
  const ids = await idsOf(writing.database, HOSTS, "name");
  const owners = groups.flatMap(([, { hosts }]) =>
    Object.entries(hosts).map(([name, host]) => [idIn(ids, name), host.preferences] as const),
  );
  await replacePreferences(writing, "peer_hosts", owners, ruleSets);
};

export const writePeerGroups = async (
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
  await deleteRows(database, "provisioning.voip_peer_rules", "group_id", old);
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
