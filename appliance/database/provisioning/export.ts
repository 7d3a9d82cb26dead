import type { Forward, ForwardType, Kind, Provisioned, Subscriber } from "./model.ts";
import type { Catalogue } from "./preferences.ts";
import { writePreferences } from "./preferences.ts";

/* What is provisioned, as a file of `ngcp-provision apply` would declare it. */

export type Document = Readonly<Record<Kind, Readonly<Record<string, unknown>>>>;

export interface Shown {
  readonly catalogue: Catalogue;
  /** True to have HA1 and the passwords for peers in it. */
  readonly withPasswords: boolean;
}

const SECRET_PREFERENCES: ReadonlySet<string> = new Set(["peer_auth_pass"]);

const preferencesOf = (
  preferences: Subscriber["preferences"],
  { catalogue, withPasswords }: Shown,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(writePreferences(preferences, catalogue)).filter(
      ([attribute]) => withPasswords || !SECRET_PREFERENCES.has(attribute),
    ),
  );

const forwardsOf = (
  forwards: readonly Forward[],
): Readonly<Partial<Record<ForwardType, readonly unknown[]>>> => {
  const grouped: Partial<Record<ForwardType, unknown[]>> = {};
  for (const { type, ...forward } of forwards) (grouped[type] ??= []).push(forward);
  return grouped;
};

const subscriberOf = (subscriber: Subscriber, shown: Shown): Readonly<Record<string, unknown>> => {
  const { ha1, preferences, call_forwards, reminder, external_id, ...rest } = subscriber;
  return {
    ...rest,
    ...(external_id === "" ? {} : { external_id }),
    ...(shown.withPasswords ? { ha1 } : {}),
    preferences: preferencesOf(preferences, shown),
    call_forwards: forwardsOf(call_forwards),
    ...(reminder === null ? {} : { reminder }),
  };
};

const withPreferences =
  (shown: Shown) =>
  (entry: { readonly preferences: Subscriber["preferences"] }): unknown => ({
    ...entry,
    preferences: preferencesOf(entry.preferences, shown),
  });

const sectionOf = <Entry>(
  entries: ReadonlyMap<string, Entry>,
  show: (entry: Entry) => unknown,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries([...entries].map(([name, entry]) => [name, show(entry)]));

export const documentOf = (provisioned: Provisioned, shown: Shown): Document => {
  const plain = withPreferences(shown);
  return {
    rewrite_rule_sets: sectionOf(provisioned.rewrite_rule_sets, (set) => set),
    billing_profiles: sectionOf(provisioned.billing_profiles, (profile) => profile),
    domains: sectionOf(provisioned.domains, plain),
    customers: sectionOf(provisioned.customers, plain),
    peer_groups: sectionOf(provisioned.peer_groups, (group) => ({
      ...group,
      hosts: Object.fromEntries(
        Object.entries(group.hosts).map(([name, host]) => [name, plain(host)]),
      ),
    })),
    subscribers: sectionOf(provisioned.subscribers, (subscriber) =>
      subscriberOf(subscriber, shown),
    ),
  };
};
