import type { Database } from "../../appliance/database/client.ts";

/**
 * Prepaid calls that are settled and whose call detail record is there. Who pays is the caller, or whoever has sent the call
 * on: then it is a cost of the destination.
 */
const SETTLED = `SELECT p.id, p.cost, c.id AS cdr, COALESCE(s.account_id = p.contract_id, 0) AS is_source
  FROM billing.prepaid_calls p JOIN accounting.cdr c ON c.call_key = p.cdr_key
  LEFT JOIN provisioning.voip_subscribers s ON s.uuid = c.source_user_id
  WHERE p.is_rated = 0 AND p.settled_at IS NOT NULL LIMIT ?`;

const PRICED = (column: string): string =>
  `UPDATE accounting.cdr SET ${column} = COALESCE(${column}, 0) + ?, rating_status = 'ok', rated_at = NOW() WHERE id = ?`;

/** Each call in a transaction with its mark: once, whenever the mediator dies. */
export const priceSettled = async (database: Database, limit: number): Promise<number> => {
  const rows = await database.query(SETTLED, [limit]);
  for (const { id, cost, cdr, is_source: isSource } of rows) {
    const column = Number(isSource) === 1 ? "source_customer_cost" : "destination_customer_cost";
    await database.inTransaction(async () => {
      await database.query(PRICED(column), [String(cost), Number(cdr)]);
      await database.query("UPDATE billing.prepaid_calls SET is_rated = 1 WHERE id = ?", [
        String(id),
      ]);
    });
  }
  return rows.length;
};
