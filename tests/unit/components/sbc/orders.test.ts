import test from "ava";
import fc from "fast-check";
import { Orders } from "../../../../components/sbc/control/orders.ts";
import { LiveCalls } from "../../../../components/sbc/live-calls.ts";
import { Tally } from "../../../../components/sbc/tally.ts";
import { anyCall } from "./calls.ts";

/** A store that holds nothing. */
const NOTHING = {
  load: () => Promise.resolve("absent" as const),
  loadByInvite: () => Promise.resolve("absent" as const),
  save: () => Promise.resolve(true),
  remove: () => Promise.resolve(),
  forgetInvite: () => Promise.resolve(),
  all: async function* () {
    yield await Promise.resolve([]);
    return "complete" as const;
  },
};

test("a list of any length comes in pages that fit a datagram, each call once and in order", (t) => {
  const calls = new LiveCalls(NOTHING);
  const [sample] = fc.sample(anyCall, { numRuns: 1, seed: 6 });
  if (sample === undefined) throw new Error("no sample");
  const ids = Array.from({ length: 2_000 }, (_, index) => index.toString(16).padStart(16, "0"));
  for (const id of ids.toReversed()) calls.add({ call: { ...sample, id } });
  const orders = new Orders({
    calls,
    tally: new Tally(),
    generation: 1,
    transport: () => ({ transactions: 0, malformed: 0 }),
    end: () => undefined,
    registrations: () => [],
    settings: () => ({}),
    reload: () => "",
  });
  const listed: string[] = [];
  let after: string | undefined;
  let pages = 0;
  do {
    const page = orders.calls(after);
    t.true(Buffer.byteLength(JSON.stringify(page)) < 65_000);
    listed.push(...page.calls.map(({ id }) => id));
    after = page.next;
    pages += 1;
  } while (after !== undefined);
  t.deepEqual(listed, ids);
  t.true(pages > 1);
  t.is(orders.stats().calls, ids.length);
});
