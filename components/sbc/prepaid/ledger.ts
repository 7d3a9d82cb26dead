import type { Exact, ExactDatabase, ExactRow } from "../../../appliance/database/client.ts";
import { callKey } from "../../call-key.ts";
import type { CallTags } from "../../call-key.ts";
import type { Step, Tariff } from "./tariff.ts";

/** What a call to a number costs whom; `absent`: there is no such subscriber, or no fee for that number. */
export type TariffFound = Tariff | "absent";

/** One call as the database knows it. */
export interface Booked {
  /** Our id of the call. */
  readonly id: string;
  readonly contract: number;
}

/** What a reservation is for. */
export interface Reservation extends Booked {
  /** The dialog of the caller as the proxy sees it: its record gets the cost. */
  readonly tags: CallTags;
  readonly number: string;
  readonly step: Step;
}

/** The door of the sbc to the balances. Each method may throw what ExactDatabase.query throws, and be done twice. */
export interface Ledger {
  readonly tariff: (payer: string, number: string) => Promise<TariffFound>;
  /** How many intervals there are besides the first; `refused` where the balance holds none, or the call is settled. */
  readonly reserve: (reservation: Reservation) => Promise<number | "refused">;
  /** @param cost in millionths of a cent; undefined where nobody knows how long the call was */
  readonly settle: (booked: Booked, cost: number | undefined) => Promise<void>;
  /** Calls that are not settled. */
  readonly open: () => Promise<readonly Booked[]>;
}

const MICROS = 1_000_000;
const DECIMALS = 6;

/** A DECIMAL with six places as a whole number of millionths. */
export const microsOf = (decimal: string): number => Math.round(Number(decimal) * MICROS);

/** The other way round, without a float in between. */
export const decimalOf = (micros: number): string =>
  `${Math.floor(micros / MICROS)}.${String(micros % MICROS).padStart(DECIMALS, "0")}`;

const text = (row: ExactRow | undefined, column: string): string | undefined => {
  const value = row?.[column];
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
};

const tariffIn = (row: ExactRow | undefined): TariffFound => {
  const [contract, initRate, initInterval, followRate, followInterval] = [
    "contract_id",
    ...["onpeak_init_rate", "onpeak_init_interval"],
    ...["onpeak_follow_rate", "onpeak_follow_interval"],
  ].map((column) => text(row, column));
  if (contract === undefined || initRate === undefined || followRate === undefined) return "absent";
  return {
    contract: Number(contract),
    fee: {
      initRate: microsOf(initRate),
      initInterval: Number(initInterval),
      followRate: microsOf(followRate),
      followInterval: Number(followInterval),
    },
  };
};

/** The procedures of migrations/0013-prepaid.sql. */
export const ledgerOf = (database: Pick<ExactDatabase, "query">): Ledger => {
  const call = (name: string, values: readonly Exact[]): Promise<readonly ExactRow[]> =>
    database.query(`CALL billing.prepaid_${name}(${values.map(() => "?").join(", ")})`, values);
  return {
    tariff: async (payer, number) => tariffIn((await call("tariff", [payer, number]))[0]),
    reserve: async ({ id, contract, tags, number, step }) => {
      const prices = [decimalOf(step.firstPrice), decimalOf(step.price), step.more];
      const words = [tags.callId, callKey(tags), number];
      const [row] = await call("reserve", [id, step.number, contract, ...prices, ...words]);
      const intervals = text(row, "intervals");
      return intervals === undefined ? "refused" : Number(intervals);
    },
    settle: async ({ id, contract }, cost) => {
      const known = cost === undefined ? null : decimalOf(cost);
      await call("settle", [id, contract, known, cost === undefined ? "search" : "end"]);
    },
    open: async () =>
      (await call("open", [])).map((row) => ({
        id: text(row, "id") ?? "",
        contract: Number(text(row, "contract_id")),
      })),
  };
};
