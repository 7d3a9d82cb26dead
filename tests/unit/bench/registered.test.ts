import test from "ava";
import { registerLike, rowLike } from "../../bench/sip/registered.ts";

const LIKENESS = { of: "u5", at: "10.9.0.2", elsewhere: "10.9.0.3", first: 10, last: 19 };
const COLUMNS = ["id", "ruid", "username", "domain", "contact", "path", "callid", "partition"];

test("what is no phone's own is as the proxy wrote it, and the database gives the id", (t) => {
  const row = rowLike(COLUMNS, LIKENESS);
  t.deepEqual([...row.keys()], COLUMNS.slice(1));
  t.is(row.get("domain"), "l.`domain`");
  t.is(row.get("partition"), "l.`partition`");
});

test("who it is, and its keys, are the copy's own, and its phone is elsewhere", (t) => {
  const row = rowLike(COLUMNS, LIKENESS);
  for (const own of ["ruid", "username", "contact", "callid"])
    t.regex(row.get(own) ?? "", /s\.seq/, own);
  for (const place of ["contact", "path"])
    t.true(row.get(place)?.includes(`REPLACE(l.${place}, '10.9.0.2', '10.9.0.3')`), place);
});

test("one statement writes the rows of all", (t) =>
  t.regex(
    registerLike(COLUMNS, LIKENESS),
    /^INSERT INTO kamailio\.location \(`ruid`, .*, `partition`\) SELECT .* JOIN kamailio\.seq_10_to_19 s WHERE l\.username = 'u5'$/,
  ));
