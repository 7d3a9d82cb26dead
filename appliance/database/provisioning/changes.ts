import { isDeepStrictEqual } from "node:util";
import type { Kind, Provisioned } from "./model.ts";
import { KINDS } from "./model.ts";

type Entry<Name extends Kind> =
  Provisioned[Name] extends ReadonlyMap<string, infer One> ? One : never;

export interface ChangesOf<Name extends Kind> {
  readonly created: ReadonlyMap<string, Entry<Name>>;
  readonly changed: ReadonlyMap<
    string,
    { readonly before: Entry<Name>; readonly after: Entry<Name> }
  >;
  readonly deleted: readonly string[];
}

export type Changes = { readonly [Name in Kind]: ChangesOf<Name> };

const changesOf = <Name extends Kind>(
  current: Provisioned[Name],
  outcome: Provisioned[Name],
): ChangesOf<Name> => {
  const before: ReadonlyMap<string, Entry<Name>> = current as ReadonlyMap<string, Entry<Name>>;
  const after: ReadonlyMap<string, Entry<Name>> = outcome as ReadonlyMap<string, Entry<Name>>;
  const created = new Map<string, Entry<Name>>();
  const changed = new Map<string, { before: Entry<Name>; after: Entry<Name> }>();
  for (const [name, entry] of after) {
    const old = before.get(name);
    if (old === undefined) created.set(name, entry);
    else if (!isDeepStrictEqual(old, entry)) changed.set(name, { before: old, after: entry });
  }
  return { created, changed, deleted: [...before.keys()].filter((name) => !after.has(name)) };
};

/** What has to be done so that `current` becomes `outcome`. */
export const changesBetween = (current: Provisioned, outcome: Provisioned): Changes => ({
  rewrite_rule_sets: changesOf(current.rewrite_rule_sets, outcome.rewrite_rule_sets),
  billing_profiles: changesOf(current.billing_profiles, outcome.billing_profiles),
  domains: changesOf(current.domains, outcome.domains),
  customers: changesOf(current.customers, outcome.customers),
  peer_groups: changesOf(current.peer_groups, outcome.peer_groups),
  subscribers: changesOf(current.subscribers, outcome.subscribers),
});

export interface Counts {
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
}

export const countsOf = (changes: Changes): Counts => {
  const sum = (count: (of: Changes[Kind]) => number): number =>
    KINDS.reduce((total, kind) => total + count(changes[kind]), 0);
  return {
    created: sum(({ created }) => created.size),
    changed: sum(({ changed }) => changed.size),
    deleted: sum(({ deleted }) => deleted.length),
  };
};

/** Whether a call may ask for what changes: for reminders none does. */
export const concernCalls = (changes: Changes): boolean => {
  const { created, changed, deleted } = countsOf(changes);
  const remindersAlone = [...changes.subscribers.changed.values()].filter(({ before, after }) =>
    isDeepStrictEqual({ ...before, reminder: undefined }, { ...after, reminder: undefined }),
  );
  return created + changed + deleted > remindersAlone.length;
};

const SINGULAR: Readonly<Record<Kind, string>> = {
  rewrite_rule_sets: "rewrite rule set",
  billing_profiles: "billing profile",
  domains: "domain",
  customers: "customer",
  peer_groups: "peer group",
  subscribers: "subscriber",
};

/** Told to differ, never what they are. */
const SECRETS: ReadonlySet<string> = new Set(["ha1", "peer_auth_pass"]);

const shown = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value));

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const differences = (
  before: unknown,
  after: unknown,
  path: readonly string[],
): readonly string[] => {
  if (isDeepStrictEqual(before, after)) return [];
  if (isMap(before) && isMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], [...path, key]));
  }
  return SECRETS.has(path.at(-1) ?? "")
    ? [`    ${path.join(".")}: another one`]
    : [`    ${path.join(".")}: ${shown(before)} -> ${shown(after)}`];
};

/** A line for each entry, `+`, `~` or `-`, and below a changed one what changes. */
export const changeLines = (changes: Changes): readonly string[] =>
  KINDS.flatMap((kind) => {
    const { created, changed, deleted } = changes[kind];
    const entries: readonly (readonly [string, { before: unknown; after: unknown }])[] = [
      ...changed,
    ];
    return [
      ...deleted.map((name) => `- ${SINGULAR[kind]} ${name}`),
      ...entries.flatMap(([name, { before, after }]) => [
        `~ ${SINGULAR[kind]} ${name}`,
        ...differences(before, after, []),
      ]),
      ...[...created.keys()].map((name) => `+ ${SINGULAR[kind]} ${name}`),
    ];
  });
