import type { Database } from "../../../appliance/database/client.ts";
import {
  NotProvisionedError,
  planFor,
  planWithout,
} from "../../../appliance/database/provisioning/bring.ts";
import { documentOf } from "../../../appliance/database/provisioning/export.ts";
import { loadCatalogue, loadProvisioned } from "../../../appliance/database/provisioning/load.ts";
import type { Kind } from "../../../appliance/database/provisioning/model.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import { assign } from "./assignment.ts";
import { carryOutPlan, type CarryOutOptions } from "./carry-out.ts";

export interface Entry {
  readonly kind: Kind;
  readonly name: string;
  /** `KEY=VALUE` each. */
  readonly words: readonly string[];
  readonly options: CarryOutOptions;
}

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** What is declared of the entry now; `undefined` when it is not there. */
const presentIn = async (
  database: Database,
  { kind, name }: Entry,
): Promise<Readonly<Record<string, unknown>> | undefined> => {
  const catalogue = await loadCatalogue(database);
  const provisioned = await loadProvisioned(database, catalogue, [name]);
  const section = documentOf(provisioned, { catalogue, withPasswords: true })[kind];
  const entry = Object.hasOwn(section, name) ? section[name] : undefined;
  return isTree(entry) ? entry : undefined;
};

/** Creates what is not there, or changes what is: the values that are named, and no others. */
export const putEntry = async (
  desk: Desk,
  database: Database,
  entry: Entry,
  to: "create" | "change",
): Promise<ExitName> => {
  const began = desk.now();
  const present = await presentIn(database, entry);
  const { kind, name, words, options } = entry;
  if ((present === undefined) !== (to === "create"))
    throw new NotProvisionedError(kind, name, present !== undefined);
  const content = { [kind]: { [name]: assign(present ?? {}, words) } };
  const plan = await planFor(database, { content, placeOf: undefined, prune: false });
  await carryOutPlan(desk, database, plan, { ...options, began });
  return "done";
};

export const deleteEntry = async (
  desk: Desk,
  database: Database,
  entry: Entry,
): Promise<ExitName> => {
  const began = desk.now();
  const { kind, name, options } = entry;
  if ((await presentIn(database, entry)) === undefined)
    throw new NotProvisionedError(kind, name, false);
  const plan = await planWithout(database, kind, name);
  await carryOutPlan(desk, database, plan, { ...options, began });
  return "done";
};
