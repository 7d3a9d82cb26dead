import { stringify } from "yaml";
import type { Database } from "../../../appliance/database/client.ts";
import { NotProvisionedError } from "../../../appliance/database/provisioning/bring.ts";
import { documentOf } from "../../../appliance/database/provisioning/export.ts";
import { loadCatalogue, loadProvisioned } from "../../../appliance/database/provisioning/load.ts";
import type { Kind, Provisioned } from "../../../appliance/database/provisioning/model.ts";
import type { Catalogue } from "../../../appliance/database/provisioning/preferences.ts";
import { allowedWords } from "../../../appliance/database/provisioning/preferences.ts";
import type { ExitName } from "../../exit-status.ts";
import { table } from "../../output/table.ts";
import type { Desk } from "../../tool.ts";

export interface ShowOptions {
  readonly json?: boolean;
  readonly withPasswords?: boolean;
}

const preferenceRows = (catalogue: Catalogue): readonly (readonly string[])[] =>
  [...catalogue.values()].map((kind) => [
    kind.attribute,
    kind.levels.join(", "),
    allowedWords(kind),
    kind.description,
  ]);

export const showPreferences = async (
  desk: Desk,
  database: Database,
  { json = false }: ShowOptions,
): Promise<ExitName> => {
  const catalogue = await loadCatalogue(database);
  if (json) desk.say(JSON.stringify([...catalogue.values()], undefined, 2));
  else {
    const head = ["preference", "of", "takes", "meaning"];
    table([head, ...preferenceRows(catalogue)]).forEach(desk.say);
  }
  return "done";
};

const ROWS: {
  readonly [Name in Kind]: (
    entries: Provisioned[Name],
  ) => readonly (readonly [string, ...(readonly string[])])[];
} = {
  domains: (entries) => [
    ["domain", "preferences"],
    ...[...entries].map(
      ([name, { preferences }]) => [name, Object.keys(preferences).join(", ")] as const,
    ),
  ],
  customers: (entries) => [
    ["customer", "status", "billing profile", "preferences"],
    ...[...entries].map(
      ([name, { status, billing_profile, preferences }]) =>
        [name, status, billing_profile, Object.keys(preferences).join(", ")] as const,
    ),
  ],
  billing_profiles: (entries) => [
    ["billing profile", "fees for"],
    ...[...entries].map(
      ([name, { fees }]) => [name, fees.map(({ destination }) => destination).join(", ")] as const,
    ),
  ],
  rewrite_rule_sets: (entries) => [
    ["rewrite rule set", "rules", "description"],
    ...[...entries].map(
      ([name, { rules, description }]) => [name, String(rules.length), description] as const,
    ),
  ],
  peer_groups: (entries) => [
    ["peer group", "priority", "rules", "hosts"],
    ...[...entries].map(
      ([name, { priority, rules, hosts }]) =>
        [name, String(priority), String(rules.length), Object.keys(hosts).join(", ")] as const,
    ),
  ],
  subscribers: (entries) => [
    ["subscriber", "customer", "status", "numbers and aliases"],
    ...[...entries].map(
      ([name, { customer, status, numbers, aliases }]) =>
        [name, customer, status, [...numbers, ...aliases].join(", ")] as const,
    ),
  ],
};

const rowsOf = <Name extends Kind>(
  kind: Name,
  entries: Provisioned[Name],
): readonly (readonly string[])[] => ROWS[kind](entries);

/** All entries of one kind as a table, or one of them whole. */
export const showEntries = async (
  desk: Desk,
  database: Database,
  { kind, name, options }: { kind: Kind; name: string | undefined; options: ShowOptions },
): Promise<ExitName> => {
  const { json = false, withPasswords = false } = options;
  const catalogue = await loadCatalogue(database);
  const wanted = kind === "subscribers" && name === undefined ? undefined : [name ?? ""];
  const provisioned = await loadProvisioned(database, catalogue, wanted);
  const section = documentOf(provisioned, { catalogue, withPasswords })[kind];
  if (name === undefined) {
    if (json) desk.say(JSON.stringify(section, undefined, 2));
    else table(rowsOf(kind, provisioned[kind])).forEach(desk.say);
    return "done";
  }
  if (!Object.hasOwn(section, name)) throw new NotProvisionedError(kind, name, false);
  const entry = section[name];
  desk.say(json ? JSON.stringify(entry, undefined, 2) : stringify({ [name]: entry }).trimEnd());
  return "done";
};

/** Everything, as a file of `apply` that would change nothing. */
export const exportAll = async (
  desk: Desk,
  database: Database,
  { json = false, withPasswords = false }: ShowOptions,
): Promise<ExitName> => {
  const catalogue = await loadCatalogue(database);
  const provisioned = await loadProvisioned(database, catalogue);
  const document = documentOf(provisioned, { catalogue, withPasswords });
  desk.say(
    json
      ? JSON.stringify(document, undefined, 2)
      : stringify(document, { aliasDuplicateObjects: false }).trimEnd(),
  );
  return "done";
};
