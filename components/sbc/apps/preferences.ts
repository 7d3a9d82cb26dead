import type { Database, Row } from "../../../appliance/database/client.ts";

/** What the caller is told. `done` is the state that holds now. */
export interface Outcome {
  readonly status: 200 | 403 | 404;
  /** In ASCII without quotes: it becomes part of a header. */
  readonly sentence: string;
}

export const done = (sentence: string): Outcome => ({ status: 200, sentence });

/** The subscriber whom a code is for. */
export interface Whose {
  readonly uuid: string;
  readonly id: number;
}

/** What subscribers have of their own. */
export const PREFERENCES = "provisioning.voip_usr_preferences";

export const textIn = (row: Row | undefined, column: string): string | undefined => {
  const value = row?.[column];
  return typeof value === "string" ? value : undefined;
};

export const attributeId = async (database: Database, attribute: string): Promise<number> => {
  const [row] = await database.query(
    "SELECT id FROM provisioning.voip_preferences WHERE attribute = ?",
    [attribute],
  );
  return Number(row?.["id"]);
};

/** Of the nearest level that has it; "0" where none has. */
export const settingOf = async (
  database: Database,
  uuid: string,
  attribute: string,
): Promise<string> => {
  const [row] = await database.query("SELECT kamailio.setting(?, ?) AS value", [uuid, attribute]);
  return textIn(row, "value") ?? "0";
};
