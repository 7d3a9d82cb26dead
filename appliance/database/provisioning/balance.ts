import { ApplianceError } from "../../errors.ts";
import type { Database } from "../client.ts";
import { NotProvisionedError } from "./bring.ts";

/** What is no amount of money, or one that cannot be paid in. */
export class AmountError extends ApplianceError {
  override readonly name = "AmountError";
  readonly code = "NGCP_PROVISIONING_AMOUNT";

  constructor(amount: string) {
    super(
      `"${amount}" cannot be paid in: an amount is cents, with up to six decimal places and at most 10000000`,
    );
  }
}

/** What a customer has, in cents, and what of it calls that are up have set aside. */
export interface Balance {
  readonly customer: string;
  readonly cash_balance: string;
  readonly reserved: string;
  readonly calls: number;
}

const BALANCE = `SELECT c.external_id, COALESCE(b.cash_balance, 0) AS cash_balance,
  (SELECT COUNT(*) FROM billing.prepaid_calls p WHERE p.contract_id = c.id AND p.settled_at IS NULL) AS calls,
  (SELECT COALESCE(SUM(s.amount), 0) FROM billing.prepaid_calls p JOIN billing.prepaid_steps s ON s.call_key = p.id
    WHERE p.contract_id = c.id AND p.settled_at IS NULL) AS reserved
  FROM billing.contracts c LEFT JOIN billing.contract_balances b ON b.contract_id = c.id WHERE c.external_id = ?`;

/** @throws {NotProvisionedError} there is no such customer */
export const balanceOf = async (database: Database, customer: string): Promise<Balance> => {
  const [row] = await database.query(BALANCE, [customer]);
  if (row === undefined) throw new NotProvisionedError("customers", customer, false);
  return {
    customer,
    cash_balance: String(row["cash_balance"]),
    reserved: String(row["reserved"]),
    calls: Number(row["calls"]),
  };
};

/** More at once is a slip of the hand. */
const MOST_CENTS = 10_000_000;

/**
 * Adds to what a customer has. One with a reference that was paid in before is not paid in again.
 *
 * @throws {AmountError} what is no amount
 * @throws {NotProvisionedError} there is no such customer
 * @returns whether it was paid in now
 */
export const topUp = async (
  database: Database,
  { customer, amount, reference }: TopUp,
): Promise<boolean> => {
  if (!/^\d{1,8}(\.\d{1,6})?$/.test(amount) || Number(amount) > MOST_CENTS || Number(amount) === 0)
    throw new AmountError(amount);
  return database.inTransaction(async () => {
    const [row] = await database.query("SELECT id FROM billing.contracts WHERE external_id = ?", [
      customer,
    ]);
    if (row === undefined) throw new NotProvisionedError("customers", customer, false);
    const contract = Number(row["id"]);
    // The row of the balance first, as the calls do: two that pay in by one reference wait for each other.
    await database.query(
      "INSERT INTO billing.contract_balances (contract_id) VALUES (?) ON DUPLICATE KEY UPDATE contract_id = contract_id",
      [contract],
    );
    await database.query(
      "SELECT cash_balance FROM billing.contract_balances WHERE contract_id = ? FOR UPDATE",
      [contract],
    );
    if (reference !== undefined && (await isKnown(database, contract, reference))) return false;
    await database.query(
      "INSERT INTO billing.topup_log (contract_id, amount, reference) VALUES (?, ?, NULLIF(?, ''))",
      [contract, amount, reference ?? ""],
    );
    await database.query(
      "UPDATE billing.contract_balances SET cash_balance = cash_balance + ? WHERE contract_id = ?",
      [amount, contract],
    );
    return true;
  });
};

interface TopUp {
  readonly customer: string;
  /** Cents, as a decimal number. */
  readonly amount: string;
  readonly reference: string | undefined;
}

const isKnown = async (
  database: Database,
  contract: number,
  reference: string,
): Promise<boolean> => {
  const rows = await database.query(
    "SELECT id FROM billing.topup_log WHERE contract_id = ? AND reference = ? FOR UPDATE",
    [contract, reference],
  );
  return rows.length > 0;
};
