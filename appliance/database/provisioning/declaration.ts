import { createHash, randomUUID } from "node:crypto";
import type { z } from "zod";
import { nearestName } from "../../config/issues.ts";
import type { Path } from "../../config/problem.ts";
import type {
  BillingProfile,
  Forward,
  Kind,
  PeerGroup,
  PeerHost,
  Preferences,
  Provisioned,
  Subscriber,
} from "./model.ts";
import { FORWARD_TYPES, KINDS, partsOf } from "./model.ts";
import type { Catalogue, Level, Written } from "./preferences.ts";
import { readPreferences } from "./preferences.ts";
import {
  billingProfileSchema,
  customerSchema,
  domainSchema,
  fileSchema,
  nameProblem,
  peerGroupSchema,
  ruleSetSchema,
  subscriberSchema,
} from "./schema.ts";

/** One thing that is wrong in what was declared. */
export interface Finding {
  readonly path: Path;
  readonly sentence: string;
}

/** What a file declares: of the sections that it has, every entry that stands there. */
export interface Declaration {
  readonly wanted: Provisioned;
  readonly sections: readonly Kind[];
}

type Sections = z.infer<typeof fileSchema>;

const sentenceOf = (issue: z.core.$ZodIssue, key: string): string => {
  const known = issue.message.split(" ");
  const nearest = nearestName(key, known);
  return `is an unknown key; ${nearest === undefined ? `allowed: ${known.join(", ")}` : `did you mean ${nearest}?`}`;
};

const findingsOf = (issues: readonly z.core.$ZodIssue[], at: Path): readonly Finding[] =>
  issues.flatMap((issue): readonly Finding[] => {
    const path = [
      ...at,
      ...issue.path.map((step) => (typeof step === "number" ? step : String(step))),
    ];
    if (issue.code !== "unrecognized_keys") return [{ path, sentence: issue.message }];
    return issue.keys.map((key) => ({ path: [...path, key], sentence: sentenceOf(issue, key) }));
  });

/** Digest credentials as the proxy reads them. */
export const ha1Of = (name: string, password: string): string => {
  const { user, domain } = partsOf(name);
  return createHash("md5").update(`${user}:${domain}:${password}`).digest("hex");
};

/** Reads the sections one by one and keeps what is wrong. */
class Reader {
  readonly #catalogue: Catalogue;
  readonly #current: Provisioned;
  readonly findings: Finding[] = [];

  constructor(catalogue: Catalogue, current: Provisioned) {
    this.#catalogue = catalogue;
    this.#current = current;
  }

  sections(content: unknown): Sections {
    return this.#parsed(fileSchema, content, []) ?? {};
  }

  entries<Entry>(
    kind: Kind,
    section: Readonly<Record<string, unknown>> | undefined,
    read: (name: string, content: unknown, path: Path) => Entry | undefined,
  ): ReadonlyMap<string, Entry> {
    const found = new Map<string, Entry>();
    for (const [name, content] of Object.entries(section ?? {})) {
      const path = [kind, name];
      const problem = nameProblem(kind, name);
      if (problem !== undefined) this.findings.push({ path, sentence: problem });
      const entry = read(name, content ?? {}, path);
      if (entry !== undefined) found.set(name, entry);
    }
    return found;
  }

  withPreferences<
    Schema extends z.ZodType<{
      preferences: Readonly<Record<string, Written | readonly Written[]>>;
    }>,
  >(schema: Schema, level: Level) {
    return (
      _name: string,
      content: unknown,
      path: Path,
    ):
      | (Omit<z.infer<Schema>, "preferences"> & { readonly preferences: Preferences })
      | undefined => {
      const entry = this.#parsed(schema, content, path);
      return entry === undefined
        ? undefined
        : { ...entry, preferences: this.#preferences(entry.preferences, level, path) };
    };
  }

  readonly ruleSet = (
    _name: string,
    content: unknown,
    path: Path,
  ): z.infer<typeof ruleSetSchema> | undefined => this.#parsed(ruleSetSchema, content, path);

  readonly billingProfile = (
    _name: string,
    content: unknown,
    path: Path,
  ): BillingProfile | undefined => this.#parsed(billingProfileSchema, content, path);

  readonly peerGroup = (_name: string, content: unknown, path: Path): PeerGroup | undefined => {
    const group = this.#parsed(peerGroupSchema, content, path);
    if (group === undefined) return undefined;
    const hosts = Object.entries(group.hosts).map(([name, host]): [string, PeerHost] => [
      name,
      {
        ...host,
        preferences: this.#preferences(host.preferences, "peer host", [...path, "hosts", name]),
      },
    ]);
    return { ...group, hosts: Object.fromEntries(hosts) };
  };

  readonly subscriber = (name: string, content: unknown, path: Path): Subscriber | undefined => {
    const read = this.#parsed(subscriberSchema, content, path);
    if (read === undefined) return undefined;
    const { password, call_forwards, ...rest } = read;
    const current = this.#current.subscribers.get(name);
    const ha1 = password === undefined ? (rest.ha1 ?? current?.ha1) : ha1Of(name, password);
    if (ha1 === undefined)
      this.findings.push({ path, sentence: "is new and has neither password nor ha1" });
    return {
      ...rest,
      ha1: ha1 ?? "",
      uuid: rest.uuid ?? current?.uuid ?? randomUUID(),
      numbers: [...new Set(rest.numbers)],
      aliases: [...new Set(rest.aliases)],
      preferences: this.#preferences(rest.preferences, "subscriber", path),
      call_forwards: FORWARD_TYPES.flatMap((type) =>
        call_forwards[type].map((forward): Forward => ({ type, ...forward })),
      ),
    };
  };

  #preferences(
    written: Readonly<Record<string, Written | readonly Written[]>>,
    level: Level,
    path: Path,
  ): Preferences {
    const { preferences, refusals } = readPreferences(written, level, this.#catalogue);
    for (const { attribute, sentence } of refusals)
      this.findings.push({ path: [...path, "preferences", attribute], sentence });
    return preferences;
  }

  #parsed<Schema extends z.ZodType>(
    schema: Schema,
    content: unknown,
    path: Path,
  ): z.infer<Schema> | undefined {
    const parsed = schema.safeParse(content);
    if (parsed.success) return parsed.data;
    this.findings.push(...findingsOf(parsed.error.issues, path));
    return undefined;
  }
}

/** Names of the subscribers that `content` speaks of, before anything in it has been checked. */
export const subscribersIn = (content: unknown): readonly string[] => {
  const parsed = fileSchema.safeParse(content);
  return Object.keys(parsed.data?.subscribers ?? {});
};

/**
 * Reads what a file declares; what it leaves out of an entry has its default, but for the password and uuid of a
 * subscriber that is there already.
 */
export const readDeclaration = (
  content: unknown,
  { catalogue, current }: { readonly catalogue: Catalogue; readonly current: Provisioned },
): { readonly declaration: Declaration; readonly findings: readonly Finding[] } => {
  const reader = new Reader(catalogue, current);
  const sections = reader.sections(content);
  const wanted: Provisioned = {
    rewrite_rule_sets: reader.entries(
      "rewrite_rule_sets",
      sections.rewrite_rule_sets,
      reader.ruleSet,
    ),
    billing_profiles: reader.entries(
      "billing_profiles",
      sections.billing_profiles,
      reader.billingProfile,
    ),
    domains: reader.entries(
      "domains",
      sections.domains,
      reader.withPreferences(domainSchema, "domain"),
    ),
    customers: reader.entries(
      "customers",
      sections.customers,
      reader.withPreferences(customerSchema, "customer"),
    ),
    peer_groups: reader.entries("peer_groups", sections.peer_groups, reader.peerGroup),
    subscribers: reader.entries("subscribers", sections.subscribers, reader.subscriber),
  };
  const present = KINDS.filter((kind) => sections[kind] !== undefined);
  return { declaration: { wanted, sections: present }, findings: reader.findings };
};
