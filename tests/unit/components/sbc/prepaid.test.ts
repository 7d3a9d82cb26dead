import test from "ava";
import fc from "fast-check";
import { prepaidOf } from "../../../../components/sbc/prepaid/account-header.ts";
import { decimalOf, microsOf } from "../../../../components/sbc/prepaid/ledger.ts";
import { reservationMsOf, statementMsOf } from "../../../../components/sbc/prepaid/patience.ts";
import {
  actOf,
  costOf,
  ended,
  nextStep,
  paidUntil,
  started,
  withStep,
} from "../../../../components/sbc/prepaid/tariff.ts";
import type { Asking, Fee, Prepaid } from "../../../../components/sbc/prepaid/tariff.ts";
import { anyFee } from "./calls.ts";
import { ModelLedger } from "./prepaid-ledger.ts";
import { invite } from "./sip/messages.ts";

const CENT = 1_000_000;
/** A cent a second, by the minute first and then by six seconds. */
const FEE: Fee = { initRate: CENT, initInterval: 60, followRate: CENT, followInterval: 6 };
const STEP_SECONDS = 30;
const AHEAD_MS = 8_000;
const BEGAN = 1_700_000_000_000;

const account = (fee: Fee): Prepaid => ({
  ...{ payer: "p", number: "4930123", tariff: { contract: 1, fee } },
  ...{ steps: 0, intervals: 0 },
});

test("the proxy says who pays, and for which number", (t) => {
  const headers = [{ name: "P-NGCP-Prepaid", value: "11-22 343933" }];
  const told = prepaidOf({ ...invite(), headers });
  t.deepEqual(told, { payer: "11-22", number: "493", steps: 0, intervals: 0 });
  t.is(prepaidOf(invite()), undefined);
});

test("an interval that has begun is paid whole, and a call that was not answered costs nothing", (t) => {
  const cost = (ms: number): number => {
    const answered = withStep(withStep(started(account(FEE), BEGAN), 100), 0);
    return costOf(ended(answered, BEGAN + ms)) / CENT;
  };
  t.deepEqual([0, 1, 59_999, 60_000].map(cost), [60, 60, 60, 60]);
  t.deepEqual([60_001, 66_000, 66_001].map(cost), [66, 66, 72]);
  t.is(costOf(ended(account(FEE), BEGAN)), 0);
});

test("the first step holds the first interval, and as many more as make up the time of a step", (t) => {
  const short = { ...FEE, initInterval: 1, followInterval: 1 };
  const first = nextStep(account(short), short, STEP_SECONDS);
  t.deepEqual(first, { number: 0, firstPrice: CENT, price: CENT, more: 29 });
  const after = withStep(started(account(short), BEGAN), 29);
  t.is(paidUntil(after), BEGAN + 30_000);
  t.is(paidUntil(withStep(after, 29)), BEGAN + 60_000);
  t.is(nextStep(account(FEE), FEE, STEP_SECONDS).more, 0);
});

test("what comes next is asked for ahead, also by whoever comes late; without it the call ends with what is paid", (t) => {
  const end = BEGAN + 60_000;
  const notYet: Asking = { kind: "notYet" };
  t.deepEqual(actOf(end, notYet, BEGAN, AHEAD_MS), { kind: "wait", untilMs: end - AHEAD_MS });
  t.is(actOf(end, notYet, end - AHEAD_MS, AHEAD_MS).kind, "ask");
  t.is(actOf(end, notYet, end + 90_000, AHEAD_MS).kind, "ask");
  t.deepEqual(actOf(end, { kind: "refused" }, end - 1, AHEAD_MS), { kind: "wait", untilMs: end });
  t.deepEqual(actOf(end, { kind: "refused" }, end, AHEAD_MS), { kind: "end", because: "credit" });
  const ahead: Asking = { kind: "asked", sinceMs: end - AHEAD_MS };
  t.deepEqual(actOf(end, ahead, end, AHEAD_MS), { kind: "end", because: "accounting" });
  const late: Asking = { kind: "asked", sinceMs: end - 1 };
  t.deepEqual(actOf(end, late, end, AHEAD_MS), { kind: "wait", untilMs: end - 1 + AHEAD_MS });
  t.is(actOf(end, late, end - 1 + AHEAD_MS, AHEAD_MS).kind, "end");
  const silent: Asking = { kind: "silent", sinceMs: end - AHEAD_MS, againMs: end - 100 };
  t.deepEqual(actOf(end, silent, end - 200, AHEAD_MS), { kind: "wait", untilMs: end - 100 });
  t.is(actOf(end, silent, end - 100, AHEAD_MS).kind, "ask");
  t.deepEqual(actOf(end, silent, end, AHEAD_MS), { kind: "end", because: "accounting" });
});

test("a database that is not writable yet ends no call that was taken over after the end of what is paid", (t) => {
  const end = BEGAN + 60_000;
  const sinceMs = end + 3_000;
  const refusedOnce: Asking = { kind: "silent", sinceMs, againMs: sinceMs + 500 };
  const again = { kind: "wait", untilMs: sinceMs + 500 } as const;
  t.deepEqual(actOf(end, refusedOnce, sinceMs + 1, AHEAD_MS), again);
  t.is(actOf(end, refusedOnce, sinceMs + 500, AHEAD_MS).kind, "ask");
  const over = { kind: "end", because: "accounting" } as const;
  t.deepEqual(actOf(end, refusedOnce, sinceMs + AHEAD_MS, AHEAD_MS), over);
});

test("a wait ends after now: nothing is looked at again and again at one instant", (t) => {
  const asking = fc.oneof(
    fc.constantFrom<Asking>({ kind: "notYet" }, { kind: "refused" }),
    fc.integer().map((sinceMs): Asking => ({ kind: "asked", sinceMs })),
    fc
      .tuple(fc.integer(), fc.integer())
      .map(([sinceMs, againMs]): Asking => ({ kind: "silent", sinceMs, againMs })),
  );
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.integer(), asking, fc.integer(), (end, how, now) => {
        const act = actOf(end, how, now, AHEAD_MS);
        return act.kind !== "wait" || act.untilMs > now;
      }),
    ),
  );
});

test("whoever waits for a commit waits longer than MariaDB does for a peer that is lost", (t) => {
  const settings = [{}, { commitWaitMs: 50 }, { commitWaitMs: 2_000 }, { commitWaitMs: 60_000 }];
  for (const each of settings) {
    const { commitWaitMs = 0 } = each;
    t.true(statementMsOf(each) > commitWaitMs);
    t.true(reservationMsOf(each) > statementMsOf(each));
    // A call whose reservation is asked for in time goes on until the commit is through.
    const asked: Asking = { kind: "asked", sinceMs: BEGAN };
    const end = BEGAN + reservationMsOf(each);
    const act = actOf(end, asked, BEGAN + commitWaitMs, reservationMsOf(each));
    t.deepEqual(act, { kind: "wait", untilMs: end });
  }
});

test("amounts are the same in the database and here", (t) => {
  t.is(decimalOf(1), "0.000001");
  t.is(microsOf("12.340000"), 12_340_000);
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.nat(100_000_000_000_000), (micros) => microsOf(decimalOf(micros)) === micros),
    ),
  );
});

/** What happens to a call: a step is done, or done by two processes, or a process dies and does not know of it. */
const happening: fc.Arbitrary<Happening> = fc.record({
  call: fc.nat(4),
  what: fc.constantFrom<Happening["what"][]>(
    "step",
    "twice",
    "forgotten",
    "end",
    "endTwice",
    "search",
  ),
  talkedMs: fc.nat(600_000),
});

interface Happening {
  readonly call: number;
  readonly what: "step" | "twice" | "forgotten" | "end" | "endTwice" | "search";
  readonly talkedMs: number;
}

/** Calls of one customer. */
class Calls {
  readonly #ledger: ModelLedger;
  readonly #fee: Fee;
  readonly #calls = new Map<number, Prepaid>();

  constructor(ledger: ModelLedger, fee: Fee) {
    this.#ledger = ledger;
    this.#fee = fee;
  }

  #of(call: number): Prepaid {
    return this.#calls.get(call) ?? started(account(this.#fee), BEGAN);
  }

  /** Returns false where a step that was done twice is two. */
  happens({ call, what, talkedMs }: Happening): boolean {
    if (what === "step" || what === "twice" || what === "forgotten") return this.#step(call, what);
    const cost = costOf(ended(this.#of(call), BEGAN + talkedMs));
    this.#ledger.settle(String(call), what === "search" ? undefined : cost);
    if (what === "endTwice") this.#ledger.settle(String(call), cost);
    return true;
  }

  #step(call: number, what: Happening["what"]): boolean {
    const known = this.#of(call);
    const step = nextStep(known, this.#fee, STEP_SECONDS);
    const more = this.#ledger.reserve(String(call), step);
    const again = what === "twice" ? this.#ledger.reserve(String(call), step) : more;
    if (more !== "refused" && what !== "forgotten") this.#calls.set(call, withStep(known, more));
    return again === more;
  }
}

test("no balance falls below zero; what is charged is what the settled calls cost, however often each step is done", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.nat(2_000), anyFee, fc.array(happening), (cents, anyOne, story) => {
        const fee = { ...anyOne, initInterval: 1 + (anyOne.initInterval % 90) };
        const ledger = new ModelLedger(cents * CENT);
        const calls = new Calls(ledger, fee);
        const isFine = story.every((each) => calls.happens(each) && ledger.balance >= 0);
        return isFine && ledger.balance + ledger.setAside + ledger.charged === cents * CENT;
      }),
      { numRuns: 2_000 },
    ),
  );
});

test("a call that is ended in time costs no more than its steps have set aside", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(anyFee, fc.nat(20), fc.nat(10_000_000), (fee, steps, talkedMs) => {
        const ledger = new ModelLedger(Number.MAX_SAFE_INTEGER);
        let call = started(account(fee), BEGAN);
        for (let count = 0; count <= steps; count += 1) {
          const more = ledger.reserve("one", nextStep(call, fee, STEP_SECONDS));
          if (more === "refused") break;
          call = withStep(call, more);
        }
        return call.steps === 0 || costOf(ended(call, BEGAN + talkedMs)) <= ledger.setAside;
      }),
    ),
  );
});
