import type { Database } from "../../../appliance/database/client.ts";
import { balanceOf, topUp } from "../../../appliance/database/provisioning/balance.ts";
import type { ExitName } from "../../exit-status.ts";
import { table } from "../../output/table.ts";
import type { Desk } from "../../tool.ts";

export interface BalanceOptions {
  readonly json?: boolean;
  readonly reference?: string;
}

/** What a customer has, and what of it is set aside for calls. */
export const showBalance = async (
  desk: Desk,
  database: Database,
  customer: string,
  { json = false }: BalanceOptions,
): Promise<ExitName> => {
  const balance = await balanceOf(database, customer);
  if (json) desk.say(JSON.stringify(balance, undefined, 2));
  else
    table([
      ["customer", "balance in cents", "set aside", "for calls"],
      [balance.customer, balance.cash_balance, balance.reserved, String(balance.calls)],
    ]).forEach(desk.say);
  return "done";
};

/** Pays in, and says what the customer has then. */
export const payIn = async (
  desk: Desk,
  database: Database,
  [customer, amount]: readonly [string, string],
  options: BalanceOptions,
): Promise<ExitName> => {
  const { reference, json = false } = options;
  const isNew = await topUp(database, { customer, amount, reference });
  if (!isNew && !json)
    desk.say(`${reference ?? ""} was paid in before: nothing was added this time`);
  return showBalance(desk, database, customer, options);
};
