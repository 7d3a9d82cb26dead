import type { Step } from "../../../../components/sbc/prepaid/tariff.ts";

interface Account {
  readonly steps: Map<number, { readonly more: number; readonly amount: number }>;
  cost?: number;
}

const sum = (amounts: readonly number[]): number =>
  amounts.reduce((total, amount) => total + amount, 0);

/** One balance as the procedures of migrations/0013-prepaid.sql keep it. */
export class ModelLedger {
  balance: number;
  readonly #calls = new Map<string, Account>();

  constructor(balance: number) {
    this.balance = balance;
  }

  get setAside(): number {
    return sum([...this.#calls.values()].map((each) => (each.cost === undefined ? paid(each) : 0)));
  }

  get charged(): number {
    return sum([...this.#calls.values()].map(({ cost = 0 }) => cost));
  }

  reserve(id: string, { number, firstPrice, price, more }: Step): number | "refused" {
    const known = this.#calls.get(id);
    if (known?.cost !== undefined) return "refused";
    const there = known?.steps.get(number);
    if (there !== undefined) return there.more;
    if (this.balance < firstPrice) return "refused";
    const rest = price === 0 ? more : Math.floor((this.balance - firstPrice) / price);
    const given = Math.min(more, rest);
    const account: Account = known ?? { steps: new Map() };
    const amount = firstPrice + given * price;
    account.steps.set(number, { more: given, amount });
    this.#calls.set(id, account);
    this.balance -= amount;
    return given;
  }

  settle(id: string, cost: number | undefined): void {
    const account = this.#calls.get(id);
    if (account === undefined || account.cost !== undefined) return;
    const all = paid(account);
    const last = [...account.steps].toSorted(([one], [other]) => other - one)[0]?.[1].amount ?? 0;
    account.cost = Math.min(cost ?? all - last, all + this.balance);
    this.balance += all - account.cost;
  }
}

const paid = ({ steps }: Account): number => sum([...steps.values()].map(({ amount }) => amount));
