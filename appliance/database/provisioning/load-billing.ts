import type { Database, Row } from "../client.ts";
import type { BillingFee, BillingProfile } from "./model.ts";

const feeOf = (row: Row): BillingFee => ({
  destination: String(row["destination"]),
  init_rate: Number(row["onpeak_init_rate"]),
  init_interval: Number(row["onpeak_init_interval"]),
  follow_rate: Number(row["onpeak_follow_rate"]),
  follow_interval: Number(row["onpeak_follow_interval"]),
});

/** The billing profiles by name, the fees of each in the order of their destinations. */
export const loadBillingProfiles = async (
  database: Database,
): Promise<ReadonlyMap<string, BillingProfile>> => {
  const profiles = await database.query(
    "SELECT id, handle FROM billing.billing_profiles ORDER BY id",
  );
  const fees = await database.query("SELECT * FROM billing.billing_fees ORDER BY destination");
  return new Map(
    profiles.map(({ id, handle }) => [
      String(handle),
      { fees: fees.filter((fee) => fee["billing_profile_id"] === id).map(feeOf) },
    ]),
  );
};
