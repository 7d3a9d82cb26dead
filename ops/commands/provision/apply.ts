import { parseSource } from "../../../appliance/config/document.ts";
import { describeProblem } from "../../../appliance/config/problem.ts";
import type { Database } from "../../../appliance/database/client.ts";
import {
  planFor,
  type PlaceOf,
  ProvisioningInvalidError,
} from "../../../appliance/database/provisioning/bring.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import { carryOutPlan, type CarryOutOptions } from "./carry-out.ts";
import type { ProvisionGround } from "./ground.ts";

/** 100,000 subscribers take some 15 million. */
const MOST_CHARACTERS = 100_000_000;

export interface ApplyOptions extends CarryOutOptions {
  readonly prune?: boolean;
}

interface Read {
  readonly content: unknown;
  readonly placeOf: PlaceOf;
}

const yamlOf = (file: string, text: string): Read => {
  const { source, problems } = parseSource(file, text, MOST_CHARACTERS);
  if (problems.length > 0)
    throw new ProvisioningInvalidError(problems.map(describeProblem).join("\n"));
  return { content: source.content, placeOf: source.placeOfKey };
};

/** JSON is YAML; its own parser is faster by far, and a mistake is then looked up as in YAML. */
const readDeclared = (file: string, text: string): Read => {
  if (!file.endsWith(".json")) return yamlOf(file, text);
  try {
    const content: unknown = JSON.parse(text);
    return {
      content,
      placeOf: (path) => parseSource(file, text, MOST_CHARACTERS).source.placeOfKey(path),
    };
  } catch {
    return yamlOf(file, text);
  }
};

const textOf = async (ground: ProvisionGround, file: string): Promise<string> => {
  try {
    return await ground.readFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ProvisioningInvalidError(`${file} cannot be read: ${why}`, { cause });
  }
};

/** Brings what is provisioned to what FILE declares, in one transaction. */
export const applyFile = async (
  desk: Desk,
  database: Database,
  { ground, file, options }: { ground: ProvisionGround; file: string; options: ApplyOptions },
): Promise<ExitName> => {
  const began = desk.now();
  const { content, placeOf } = readDeclared(file, await textOf(ground, file));
  const plan = await planFor(database, { content, placeOf, prune: options.prune === true });
  await carryOutPlan(desk, database, plan, { ...options, began });
  return "done";
};
