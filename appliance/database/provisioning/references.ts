import type { Declaration, Finding } from "./declaration.ts";
import type { Preferences, Provisioned } from "./model.ts";
import { partsOf } from "./model.ts";
import type { Catalogue } from "./preferences.ts";

/* What the parts of a declaration say of each other, and of what is there already. */

/** What is provisioned once the declaration holds. */
export const outcomeOf = (
  current: Provisioned,
  { wanted, sections }: Declaration,
  prune: boolean,
): Provisioned => {
  const merged = <Kind extends keyof Provisioned>(kind: Kind): Provisioned[Kind] =>
    (prune && sections.includes(kind)
      ? wanted[kind]
      : new Map<string, unknown>([...current[kind], ...wanted[kind]])) as Provisioned[Kind];
  return {
    rewrite_rule_sets: merged("rewrite_rule_sets"),
    billing_profiles: merged("billing_profiles"),
    domains: merged("domains"),
    customers: merged("customers"),
    peer_groups: merged("peer_groups"),
    subscribers: merged("subscribers"),
  };
};

const ruleSetFindings = (
  outcome: Provisioned,
  catalogue: Catalogue,
  path: readonly string[],
  preferences: Preferences,
): readonly Finding[] =>
  Object.entries(preferences).flatMap(([attribute, values]) =>
    catalogue.get(attribute)?.dataType !== "rewrite_rule_set"
      ? []
      : values
          .filter((name) => !outcome.rewrite_rule_sets.has(name))
          .map((name) => ({
            path: [...path, "preferences", attribute],
            sentence: `there is no rewrite rule set ${name}`,
          })),
  );

const subscriberFindings = (outcome: Provisioned): readonly Finding[] => {
  const owners = new Map<string, string>();
  const findings: Finding[] = [];
  for (const [name, { customer, numbers, aliases }] of outcome.subscribers) {
    const path = ["subscribers", name];
    const { domain } = partsOf(name);
    if (!outcome.domains.has(domain))
      findings.push({ path, sentence: `there is no domain ${domain}` });
    if (!outcome.customers.has(customer))
      findings.push({ path: [...path, "customer"], sentence: `there is no customer ${customer}` });
    for (const alias of [...numbers, ...aliases.map((word) => `${word}@${domain}`)]) {
      const owner = owners.get(alias);
      const key = alias.includes("@") ? "aliases" : "numbers";
      if (owner !== undefined)
        findings.push({ path: [...path, key], sentence: `${alias} belongs to ${owner}, too` });
      owners.set(alias, name);
    }
  }
  return findings;
};

const customerFindings = ({ customers, billing_profiles }: Provisioned): readonly Finding[] =>
  [...customers]
    .filter(([, { billing_profile: name }]) => name !== "" && !billing_profiles.has(name))
    .map(([customer, { billing_profile: name }]) => ({
      path: ["customers", customer, "billing_profile"],
      sentence: `there is no billing profile ${name}`,
    }));

const hostFindings = (outcome: Provisioned): readonly Finding[] => {
  const owners = new Map<string, string>();
  return [...outcome.peer_groups].flatMap(([group, { hosts }]) =>
    Object.keys(hosts).flatMap((host): readonly Finding[] => {
      const owner = owners.get(host);
      owners.set(host, group);
      const path = ["peer_groups", group, "hosts", host];
      return owner === undefined ? [] : [{ path, sentence: `is a host of ${owner}, too` }];
    }),
  );
};

/** What names something that would not be there, or what two would claim. */
export const referenceFindings = (
  outcome: Provisioned,
  catalogue: Catalogue,
): readonly Finding[] => {
  const owners = [
    ...[...outcome.domains].map(([name, entry]) => [["domains", name], entry] as const),
    ...[...outcome.customers].map(([name, entry]) => [["customers", name], entry] as const),
    ...[...outcome.subscribers].map(([name, entry]) => [["subscribers", name], entry] as const),
    ...[...outcome.peer_groups].flatMap(([group, { hosts }]) =>
      Object.entries(hosts).map(
        ([host, entry]) => [["peer_groups", group, "hosts", host], entry] as const,
      ),
    ),
  ];
  return [
    ...subscriberFindings(outcome),
    ...customerFindings(outcome),
    ...hostFindings(outcome),
    ...owners.flatMap(([path, { preferences }]) =>
      ruleSetFindings(outcome, catalogue, path, preferences),
    ),
  ];
};
