import type { Database, Row } from "../client.ts";
import { flag, number, text, word } from "./columns.ts";
import { loadBillingProfiles } from "./load-billing.ts";
import { loadReminders } from "./load-reminders.ts";
import type {
  Customer,
  Domain,
  Forward,
  PeerGroup,
  PeerHost,
  Preferences,
  Provisioned,
  RewriteRule,
  RewriteRuleSet,
  Subscriber,
} from "./model.ts";
import { DIRECTIONS, FIELDS, FORWARD_TYPES, partsOf, STATUSES, TRANSPORTS } from "./model.ts";
import type { Catalogue, Level, PreferenceKind } from "./preferences.ts";
import { DATA_TYPES } from "./preferences.ts";

const AT_ONCE = 1_000;

const chunksOf = <Item>(items: readonly Item[]): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / AT_ONCE) }, (_none, index) =>
    items.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );

/** All rows of `statement`, or those where `column` is one of `only`. */
const rowsOf = async (
  database: Database,
  statement: string,
  column: string,
  only: readonly (string | number)[] | undefined,
): Promise<readonly Row[]> => {
  if (only === undefined) return database.query(`${statement} ORDER BY 1`);
  const found: Row[] = [];
  for (const chunk of chunksOf(only)) {
    const where = `${statement} WHERE ${column} IN (?) ORDER BY 1`;
    found.push(...(await database.query(where, [chunk])));
  }
  return found;
};

const LEVELS: readonly (readonly [string, Level])[] = [
  ["usr_pref", "subscriber"],
  ["contract_pref", "customer"],
  ["dom_pref", "domain"],
  ["peer_pref", "peer host"],
];

const kindOf = (row: Row): PreferenceKind => ({
  id: number(row, "id"),
  attribute: text(row, "attribute"),
  dataType: word(row, "data_type", DATA_TYPES),
  allowed: text(row, "allowed"),
  isList: flag(row, "is_list"),
  levels: LEVELS.filter(([column]) => flag(row, column)).map(([, level]) => level),
  description: text(row, "description"),
});

export const loadCatalogue = async (database: Database): Promise<Catalogue> => {
  const rows = await database.query("SELECT * FROM provisioning.voip_preferences ORDER BY id");
  return new Map(rows.map((row) => [text(row, "attribute"), kindOf(row)]));
};

const groupedBy = (rows: readonly Row[], column: string): ReadonlyMap<number, readonly Row[]> => {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const owner = number(row, column);
    const group = groups.get(owner);
    if (group === undefined) groups.set(owner, [row]);
    else group.push(row);
  }
  return groups;
};

/** What preferences are stored in for each level: the table, and whose id its rows carry. */
export const PREFERENCE_TABLES = {
  domains: ["provisioning.voip_dom_preferences", "domain_id"],
  customers: ["provisioning.voip_contract_preferences", "contract_id"],
  subscribers: ["provisioning.voip_usr_preferences", "subscriber_id"],
  peer_hosts: ["provisioning.voip_peer_preferences", "peer_host_id"],
} as const;

/** Reads what is provisioned, one statement for each table. */
class Loader {
  readonly #database: Database;
  readonly #kinds: ReadonlyMap<number, PreferenceKind>;
  #ruleSetNames: ReadonlyMap<string, string> = new Map();

  constructor(database: Database, catalogue: Catalogue) {
    this.#database = database;
    this.#kinds = new Map([...catalogue.values()].map((kind) => [kind.id, kind]));
  }

  async ruleSets(): Promise<ReadonlyMap<string, RewriteRuleSet>> {
    const sets = await this.#database.query("SELECT * FROM provisioning.voip_rewrite_rule_sets");
    this.#ruleSetNames = new Map(sets.map((row) => [text(row, "id"), text(row, "name")]));
    const rules = groupedBy(
      await this.#database.query("SELECT * FROM provisioning.voip_rewrite_rules ORDER BY priority"),
      "set_id",
    );
    const ruleOf = (row: Row): RewriteRule => ({
      direction: word(row, "direction", DIRECTIONS),
      field: word(row, "field", FIELDS),
      match: text(row, "match_pattern"),
      replace: text(row, "replace_pattern"),
      description: text(row, "description"),
      enabled: flag(row, "enabled"),
    });
    return new Map(
      sets.map((row) => [
        text(row, "name"),
        {
          description: text(row, "description"),
          rules: (rules.get(number(row, "id")) ?? []).map(ruleOf),
        },
      ]),
    );
  }

  async domains(): Promise<ReadonlyMap<string, Domain>> {
    const rows = await this.#database.query("SELECT id, domain FROM provisioning.voip_domains");
    const preferences = await this.#preferences("domains");
    return new Map(rows.map((row) => [text(row, "domain"), { preferences: preferences(row) }]));
  }

  async customers(): Promise<ReadonlyMap<string, Customer>> {
    const rows = await this.#database.query(CUSTOMERS);
    const preferences = await this.#preferences("customers");
    return new Map(
      rows.map((row) => [
        text(row, "external_id"),
        {
          status: word(row, "status", STATUSES),
          billing_profile: text(row, "billing_profile"),
          preferences: preferences(row),
        },
      ]),
    );
  }

  async peerGroups(): Promise<ReadonlyMap<string, PeerGroup>> {
    const groups = await this.#database.query("SELECT * FROM provisioning.voip_peer_groups");
    const hosts = groupedBy(
      await this.#database.query("SELECT * FROM provisioning.voip_peer_hosts ORDER BY id"),
      "group_id",
    );
    const rules = groupedBy(
      await this.#database.query("SELECT * FROM provisioning.voip_peer_rules ORDER BY id"),
      "group_id",
    );
    const preferences = await this.#preferences("peer_hosts");
    const hostOf = (row: Row): [string, PeerHost] => [
      text(row, "name"),
      {
        ip: text(row, "ip"),
        host: text(row, "host"),
        port: number(row, "port"),
        transport: word(row, "transport", TRANSPORTS),
        weight: number(row, "weight"),
        via_lb: flag(row, "via_lb"),
        probe: flag(row, "probe"),
        enabled: flag(row, "enabled"),
        preferences: preferences(row),
      },
    ];
    return new Map(
      groups.map((row) => [
        text(row, "name"),
        {
          priority: number(row, "priority"),
          description: text(row, "description"),
          rules: (rules.get(number(row, "id")) ?? []).map((rule) => ({
            callee_prefix: text(rule, "callee_prefix"),
            callee_pattern: text(rule, "callee_pattern"),
            caller_pattern: text(rule, "caller_pattern"),
            description: text(rule, "description"),
            stopper: flag(rule, "stopper"),
            enabled: flag(rule, "enabled"),
          })),
          hosts: Object.fromEntries((hosts.get(number(row, "id")) ?? []).map(hostOf)),
        },
      ]),
    );
  }

  /** @param names those that are wanted; all when it is left out */
  async subscribers(names?: readonly string[]): Promise<ReadonlyMap<string, Subscriber>> {
    const users = names && [...new Set(names.map((name) => partsOf(name).user))];
    const rows = await rowsOf(this.#database, SUBSCRIBERS, "s.username", users);
    const wanted = names && new Set(names);
    const kept = wanted === undefined ? rows : rows.filter((row) => wanted.has(nameOf(row)));
    const ids = names && kept.map((row) => number(row, "id"));
    const aliases = groupedBy(
      await rowsOf(this.#database, ALIASES, "subscriber_id", ids),
      "subscriber_id",
    );
    const forwards = groupedBy(
      await rowsOf(this.#database, FORWARDS, "subscriber_id", ids),
      "subscriber_id",
    );
    const reminders = await loadReminders(this.#database, ids);
    const preferences = await this.#preferences("subscribers", ids);
    return new Map(
      kept.map((row) => {
        const own = aliases.get(number(row, "id")) ?? [];
        const names = (isNumber: boolean): readonly string[] =>
          own
            .filter((alias) => flag(alias, "is_e164") === isNumber)
            .map((alias) => text(alias, "username"));
        return [
          nameOf(row),
          {
            uuid: text(row, "uuid"),
            ha1: text(row, "ha1"),
            customer: text(row, "customer"),
            external_id: text(row, "external_id"),
            status: word(row, "status", STATUSES),
            numbers: names(true),
            aliases: names(false),
            preferences: preferences(row),
            call_forwards: (forwards.get(number(row, "id")) ?? []).map(forwardOf),
            reminder: reminders.get(number(row, "id")) ?? null,
          },
        ];
      }),
    );
  }

  async #preferences(
    whose: keyof typeof PREFERENCE_TABLES,
    only?: readonly number[],
  ): Promise<(row: Row) => Preferences> {
    const [table, owner] = PREFERENCE_TABLES[whose];
    const statement = `SELECT id, ${owner}, attribute_id, value FROM ${table}`;
    const groups = groupedBy(await rowsOf(this.#database, statement, owner, only), owner);
    return (row) => {
      const preferences: Record<string, string[]> = {};
      for (const one of groups.get(number(row, "id")) ?? []) {
        const kind = this.#kinds.get(number(one, "attribute_id"));
        if (kind === undefined) continue;
        (preferences[kind.attribute] ??= []).push(this.#valueOf(kind, text(one, "value")));
      }
      return preferences;
    };
  }

  #valueOf({ dataType }: PreferenceKind, value: string): string {
    return dataType === "rewrite_rule_set" ? (this.#ruleSetNames.get(value) ?? value) : value;
  }
}

const SUBSCRIBERS = `SELECT s.id, s.uuid, s.username, d.domain, c.external_id AS customer, s.external_id, s.status, k.ha1
  FROM provisioning.voip_subscribers s
  JOIN provisioning.voip_domains d ON d.id = s.domain_id
  JOIN billing.contracts c ON c.id = s.account_id
  LEFT JOIN kamailio.subscriber k ON k.username = s.username AND k.domain = d.domain`;
const CUSTOMERS =
  "SELECT c.id, c.external_id, c.status, COALESCE(b.handle, '') AS billing_profile FROM billing.contracts c LEFT JOIN billing.billing_profiles b ON b.id = c.billing_profile_id";
const ALIASES = "SELECT id, subscriber_id, username, is_e164 FROM provisioning.voip_dbaliases";
const FORWARDS =
  "SELECT id, subscriber_id, type, priority, destination, timeout, enabled FROM provisioning.voip_cf_mappings";

const nameOf = (row: Row): string => `${text(row, "username")}@${text(row, "domain")}`;
const forwardOf = (row: Row): Forward => ({
  type: word(row, "type", FORWARD_TYPES),
  to: text(row, "destination"),
  timeout: number(row, "timeout"),
  enabled: flag(row, "enabled"),
});

/**
 * Reads what is provisioned.
 *
 * @param subscribers the names that are wanted; all when it is left out. Everything else is always read whole
 */
export const loadProvisioned = async (
  database: Database,
  catalogue: Catalogue,
  subscribers?: readonly string[],
): Promise<Provisioned> => {
  const loader = new Loader(database, catalogue);
  return {
    rewrite_rule_sets: await loader.ruleSets(),
    billing_profiles: await loadBillingProfiles(database),
    domains: await loader.domains(),
    customers: await loader.customers(),
    peer_groups: await loader.peerGroups(),
    subscribers: await loader.subscribers(subscribers),
  };
};
