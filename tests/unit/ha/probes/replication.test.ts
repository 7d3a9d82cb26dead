import test from "ava";
import { replicationFacts } from "../../../../ha/probes/replication.ts";
import type { StoreStatus } from "../../../../ha/control/contract.ts";

const store = (
  name: StoreStatus["store"],
  role: StoreStatus["role"],
  inSync: boolean,
): StoreStatus => ({
  store: name,
  role,
  state: inSync ? "in-sync" : "paused",
  inSync,
  lagSeconds: inSync ? 0 : null,
  lagBytes: inSync ? 0 : null,
  remedy: null,
  detail: inSync ? "replicates from sp1" : "its replication is stopped",
});

test("in sync is what both stores are", (t) => {
  const good = [store("mysql", "replica", true), store("redis", "replica", true)];
  t.true(replicationFacts(good, "closed").inSync);
  const half = [store("mysql", "replica", true), store("redis", "replica", false)];
  const { inSync, detail } = replicationFacts(half, "closed");
  t.false(inSync);
  t.is(detail, "Redis: its replication is stopped");
});

test("a store in the role of the other node is not in sync, whatever it says", (t) => {
  const both = [store("mysql", "source", true), store("redis", "replica", true)];
  t.regex(replicationFacts(both, "closed").detail, /^MariaDB: it is writable/);
  t.is(replicationFacts(both, "open").detail, "Redis: it is not writable yet");
  t.true(replicationFacts(both, undefined).inSync);
});
