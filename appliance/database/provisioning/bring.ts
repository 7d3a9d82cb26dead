import { describeProblem } from "../../config/problem.ts";
import type { Path, Place } from "../../config/problem.ts";
import { ApplianceError } from "../../errors.ts";
import type { Database } from "../client.ts";
import { StatementRefusedError } from "../errors.ts";
import type { Changes } from "./changes.ts";
import { changesBetween, concernCalls, countsOf } from "./changes.ts";
import type { Declaration, Finding } from "./declaration.ts";
import { readDeclaration, subscribersIn } from "./declaration.ts";
import { loadCatalogue, loadProvisioned } from "./load.ts";
import type { Kind, Provisioned } from "./model.ts";
import { KINDS } from "./model.ts";
import type { Catalogue } from "./preferences.ts";
import { outcomeOf, referenceFindings } from "./references.ts";
import { writtenOf } from "./rows.ts";
import { writeChanges } from "./write.ts";
import { writeEdition } from "./edition.ts";

/** Every mistake of what was declared, so that one run shows all there is to correct. */
export class ProvisioningInvalidError extends ApplianceError {
  override readonly name = "ProvisioningInvalidError";
  readonly code = "NGCP_PROVISIONING_INVALID";
}

/** Somebody else has what was declared, or needs what would be deleted. */
export class ProvisioningConflictError extends ApplianceError {
  override readonly name = "ProvisioningConflictError";
  readonly code = "NGCP_PROVISIONING_CONFLICT";
}

/** What should be there is not, or the other way round. */
export class NotProvisionedError extends ApplianceError {
  override readonly name = "NotProvisionedError";
  readonly code = "NGCP_NOT_PROVISIONED";

  constructor(kind: Kind, name: string, exists: boolean) {
    super(
      exists
        ? `${name} is among the ${kind} already: change it instead`
        : `there is no ${name} among the ${kind}`,
    );
  }
}

const DUPLICATE = 1062;
const STILL_NEEDED = 1451;

/** Where a part of the declaration stands; `undefined` where it stands in no file. */
export type PlaceOf = ((path: Path) => Place) | undefined;

const MISTAKES_SHOWN = 50;

/** @throws {ProvisioningInvalidError} unless there is no finding */
const refuse = (findings: readonly Finding[], placeOf: PlaceOf): void => {
  if (findings.length === 0) return;
  const lines = findings
    .slice(0, MISTAKES_SHOWN)
    .map(({ path, sentence }) =>
      placeOf === undefined
        ? `${path.join(".")}: ${sentence}`
        : describeProblem({ place: placeOf(path), path, sentence }),
    );
  const more = findings.length - lines.length;
  throw new ProvisioningInvalidError(
    [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n"),
  );
};

/** MariaDB matches these patterns at each call, so it says whether it can. */
const patternFindings = async (
  database: Database,
  { wanted }: Declaration,
): Promise<readonly Finding[]> => {
  const patterns = [
    ...[...wanted.rewrite_rule_sets].flatMap(([name, { rules }]) =>
      rules.map(({ match }, index) => ({
        path: ["rewrite_rule_sets", name, "rules", index, "match"],
        pattern: match,
      })),
    ),
    ...[...wanted.peer_groups].flatMap(([name, { rules }]) =>
      rules.flatMap((rule, index) =>
        (["callee_pattern", "caller_pattern"] as const).map((key) => ({
          path: ["peer_groups", name, "rules", index, key],
          pattern: rule[key],
        })),
      ),
    ),
  ];
  const findings: Finding[] = [];
  for (const { path, pattern } of patterns) {
    try {
      await database.query("SELECT '' REGEXP ?", [pattern]);
    } catch (error) {
      if (!(error instanceof StatementRefusedError)) throw error;
      findings.push({ path, sentence: `is no pattern: ${error.message}` });
    }
  }
  return findings;
};

export interface Plan {
  readonly catalogue: Catalogue;
  readonly changes: Changes;
}

export interface Wish {
  /** As a file declares it. */
  readonly content: unknown;
  readonly placeOf: PlaceOf;
  /** True to delete what stands in no section of the file that it has. */
  readonly prune: boolean;
}

/**
 * Compares what is declared with what is there; writes nothing.
 *
 * @throws {ProvisioningInvalidError} with each mistake, and where it stands
 */
export const planFor = async (database: Database, wish: Wish): Promise<Plan> => {
  const catalogue = await loadCatalogue(database);
  const names = wish.prune ? undefined : subscribersIn(wish.content);
  const current = await loadProvisioned(database, catalogue, names);
  const { declaration, findings } = readDeclaration(wish.content, { catalogue, current });
  refuse(findings, wish.placeOf);
  refuse(await patternFindings(database, declaration), wish.placeOf);
  const outcome = outcomeOf(current, declaration, wish.prune);
  refuse(referenceFindings(outcome, catalogue), wish.placeOf);
  return { catalogue, changes: changesBetween(current, outcome) };
};

/** A plan that deletes one entry. */
export const planWithout = async (database: Database, kind: Kind, name: string): Promise<Plan> => {
  const catalogue = await loadCatalogue(database);
  const current = await loadProvisioned(
    database,
    catalogue,
    kind === "subscribers" ? [name] : undefined,
  );
  const rest = <Entry>(
    of: Kind,
    entries: ReadonlyMap<string, Entry>,
  ): ReadonlyMap<string, Entry> =>
    of === kind ? new Map([...entries].filter(([one]) => one !== name)) : entries;
  const outcome: Provisioned = {
    rewrite_rule_sets: rest("rewrite_rule_sets", current.rewrite_rule_sets),
    billing_profiles: rest("billing_profiles", current.billing_profiles),
    domains: rest("domains", current.domains),
    customers: rest("customers", current.customers),
    peer_groups: rest("peer_groups", current.peer_groups),
    subscribers: rest("subscribers", current.subscribers),
  };
  refuse(referenceFindings(outcome, catalogue), undefined);
  return { catalogue, changes: changesBetween(current, outcome) };
};

/** Entries that `writeChanges` reports to be done, in the end. */
export const entriesIn = (changes: Changes): number =>
  KINDS.reduce((total, kind) => total + writtenOf<unknown>(changes[kind]).length, 0);

const explain = async (database: Database, error: unknown): Promise<unknown> => {
  if (!(error instanceof StatementRefusedError)) return error;
  if (error.errno === STILL_NEEDED)
    return new ProvisioningConflictError(
      "what is to be deleted is still needed: a domain or a customer by its subscribers",
      { cause: error },
    );
  // Of a key over two columns the second is the id of the domain.
  const [, value] = /Duplicate entry '(.*?)(?:-\d+)?' for key/.exec(error.message) ?? [];
  if (error.errno !== DUPLICATE || value === undefined) return error;
  const [owner] = await database.query(
    "SELECT CONCAT(username, '@', domain) AS name FROM kamailio.dbaliases WHERE alias_username = ?",
    [value],
  );
  const whose = owner === undefined ? "somebody else" : String(owner["name"]);
  return new ProvisioningConflictError(`${value} belongs to ${whose} already`, { cause: error });
};

/**
 * Does what the plan says, all of it or nothing; it is in force at the next call.
 *
 * @throws {ProvisioningConflictError} a number or alias belongs to somebody else, or something is still needed
 */
export const carryOut = async (
  database: Database,
  { catalogue, changes }: Plan,
  onDone: (entries: number) => void,
): Promise<void> => {
  const { created, changed, deleted } = countsOf(changes);
  if (created + changed + deleted === 0) return;
  try {
    await database.inTransaction(async () => {
      await writeChanges({ database, catalogue, onDone }, changes);
      if (concernCalls(changes)) await writeEdition(database);
    });
  } catch (error) {
    throw await explain(database, error);
  }
};
