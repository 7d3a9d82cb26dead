import type { Database, Row } from "../../../appliance/database/client.ts";

/* What a subscriber has of its own, and what holds for it, as the codes read and write it. */

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
