import test from "ava";
import fc from "fast-check";
import {
  covers,
  excess,
  formatPositions,
  furthest,
  parsePositions,
  sequenceIn,
  withoutDomain,
} from "../../../../ha/replication/gtid.ts";

const positions = fc
  .uniqueArray(
    fc.record({ domain: fc.nat(5), server: fc.nat(9), sequence: fc.integer({ min: 1 }) }),
    {
      selector: ({ domain }) => domain,
    },
  )
  .map((all) =>
    parsePositions(
      all.map(({ domain, server, sequence }) => `${domain}-${server}-${sequence}`).join(","),
    ),
  );

test("positions are read as MariaDB writes them", (t) => {
  const read = parsePositions("1-1-983,\n2-2-17");
  t.is(sequenceIn(read, 1), 983);
  t.is(sequenceIn(read, 2), 17);
  t.is(sequenceIn(read, 3), 0);
  t.is(parsePositions("").size, 0);
  t.is(formatPositions(parsePositions("2-2-17,1-1-983")), "1-1-983,2-2-17");
});

test("what is written is read again", (t) => {
  fc.assert(
    fc.property(positions, (some) => {
      const again = parsePositions(formatPositions(some));
      t.true(covers(again, some) && covers(some, again));
    }),
  );
});

test("the furthest of both covers both, and nothing covers more than itself", (t) => {
  fc.assert(
    fc.property(positions, positions, (one, two) => {
      const both = furthest([one, two]);
      t.true(covers(both, one) && covers(both, two));
      t.is(covers(one, two), excess(two, one).length === 0);
    }),
  );
});

test("what one has beyond the other is named with its first and last", (t) => {
  const mine = parsePositions("1-1-105,2-2-7");
  t.deepEqual(excess(mine, parsePositions("1-1-103,2-2-9")), [{ domain: 1, from: 104, to: 105 }]);
  t.deepEqual(excess(mine, mine), []);
  t.false(covers(parsePositions("2-2-9"), mine));
  t.true(covers(parsePositions("2-2-9"), withoutDomain(mine, 1)));
});
