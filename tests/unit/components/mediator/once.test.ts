import test from "ava";
import fc from "fast-check";
import { Passes } from "../../../../components/mediator/pass.ts";
import type { AccRecord } from "../../../../components/mediator/records.ts";
import { answer, bye } from "./calls.ts";
import { callsIn, ModelLedger } from "./model-ledger.ts";

/* Whatever the order, however often a record comes and wherever the mediator is killed: one record for each call. */

const SETTINGS = { maxCallMs: 3_600_000, graceMs: 90_000, batch: 3, keepMs: 86_400_000 };
const DAY_MS = 86_400_000;

type Happening =
  | { readonly kind: "row"; readonly record: AccRecord }
  | { readonly kind: "dialog"; readonly callId: string; readonly there: boolean }
  | { readonly kind: "pass"; readonly diesAt: number; readonly laterMs: number };

const FATES = ["stopped", "stoppedByCallee", "noStop", "busy", "challenged", "lostStart"] as const;

const recordsOf = (callId: string, fate: (typeof FATES)[number]): readonly AccRecord[] => {
  switch (fate) {
    case "stopped":
      return [answer(callId), bye(callId)];
    case "stoppedByCallee":
      return [answer(callId), bye(callId, { fromTag: "to", toTag: "from" })];
    case "noStop":
      return [answer(callId)];
    case "busy":
      return [answer(callId, { code: "486" })];
    case "challenged":
      return [answer(callId, { code: "407", toTag: "other" }), answer(callId), bye(callId)];
    case "lostStart":
      return [bye(callId)];
  }
};

const pass: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constant("pass" as const),
  diesAt: fc.integer({ min: 0, max: 30 }),
  laterMs: fc.constantFrom(0, 1_000, 60_000, 100_000, 4_000_000),
});

const dialog = (callId: string): fc.Arbitrary<Happening> =>
  fc.record({
    kind: fc.constant("dialog" as const),
    callId: fc.constant(callId),
    there: fc.boolean(),
  });

const story: fc.Arbitrary<readonly Happening[]> = fc
  .array(fc.constantFrom(...FATES), { minLength: 1, maxLength: 8 })
  .chain((fates) => {
    const rows = fates.flatMap((fate, index) => recordsOf(`call-${index}`, fate));
    const each = rows.map((record): Happening => ({ kind: "row", record }));
    return fc
      .tuple(
        fc.shuffledSubarray([...each, ...each], { minLength: each.length }),
        fc.array(fc.oneof(pass, pass, dialog("call-0"), dialog("call-1")), { maxLength: 25 }),
      )
      .chain(([some, between]) => {
        // Every row comes at least once.
        const all = [...some, ...each.filter((row) => !some.includes(row)), ...between];
        return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
      });
  });

const tell = async (happenings: readonly Happening[]): Promise<ModelLedger> => {
  const ledger = new ModelLedger();
  const begin = (): Passes => new Passes(ledger.port, () => SETTINGS);
  let nowMs = 1_000_000;
  let passes = begin();
  for (const happening of happenings) {
    if (happening.kind === "row") ledger.add(happening.record);
    else if (happening.kind === "dialog") ledger.setDialog(happening.callId, happening.there);
    else {
      nowMs += happening.laterMs;
      let left = happening.diesAt;
      ledger.dies = () => left-- === 0;
      try {
        await passes.ended(nowMs);
        await passes.overdue(nowMs);
      } catch {
        passes = begin();
      }
    }
  }
  ledger.dies = () => false;
  for (const days of [1, 2]) {
    await passes.ended(nowMs + days * DAY_MS);
    await passes.overdue(nowMs + days * DAY_MS);
  }
  return ledger;
};

test("each call has exactly one record in the end, and no row is left", async (t) => {
  await fc.assert(
    fc.asyncProperty(story, async (happenings) => {
      const ledger = await tell(happenings);
      const records = happenings.flatMap((one) => (one.kind === "row" ? [one.record] : []));
      const wanted = callsIn(records).toSorted();
      t.deepEqual(ledger.cdrs.map(({ key }) => key).toSorted(), wanted);
      t.deepEqual(ledger.openRecords, []);
    }),
    { numRuns: 500 },
  );
});

test("a call whose stop was there before it was looked at has its duration", async (t) => {
  const rows = fc.shuffledSubarray([answer("c"), answer("c"), bye("c"), bye("c")], {
    minLength: 4,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(rows, async (records) => {
      const ledger = await tell(records.map((record) => ({ kind: "row", record })));
      t.like(ledger.cdrs[0], { durationMs: 60_000, endedBy: "bye" });
      t.is(ledger.cdrs.length, 1);
    }),
  );
});
