import test from "ava";
import { matchesGolden } from "../../golden/golden.ts";
import { printReplicationRules } from "../../golden/replication.ts";

test("what can be the matter with replication is the table that was reviewed", (t) => {
  matchesGolden(t, "tests/golden/replication.txt", printReplicationRules());
});
