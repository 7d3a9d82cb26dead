import type { Database } from "../client.ts";

/** More than the transactions that a pair can have had apart before one of them comes back. */
const KEPT = 100;

/** Has the proxy ask anew: to be called in each transaction that changes what is provisioned. */
export const writeEdition = async (database: Database): Promise<void> => {
  await database.query("INSERT INTO kamailio.editions () VALUES ()");
  await database.query(
    "DELETE FROM kamailio.editions WHERE id NOT IN (SELECT id FROM (SELECT id FROM kamailio.editions ORDER BY id DESC LIMIT ?) kept)",
    [KEPT],
  );
};
