import test from "ava";
import type { PeerDatabaseView } from "../../../../ha/replication/database-view.ts";
import { parsePositions } from "../../../../ha/replication/gtid.ts";
import { judgeReplica } from "../../../../ha/replication/replica-rules.ts";
import type { ReplicaFacts } from "../../../../ha/replication/replica-rules.ts";

const peerWith = (logged: string, readOnly = false): PeerDatabaseView => ({
  readOnly,
  logged: parsePositions(logged),
  applied: parsePositions(""),
  received: parsePositions(""),
  receiving: false,
});

const facts = (change: Partial<ReplicaFacts>): ReplicaFacts => ({
  view: {
    readOnly: true,
    logged: parsePositions("1-1-100,2-2-9"),
    applied: parsePositions("1-1-100"),
    semiSync: false,
    acknowledging: 0,
    replica: undefined,
  },
  peer: peerWith("1-1-140,2-2-7"),
  names: { peer: "sp1", peerId: 1 },
  stray: undefined,
  deaf: false,
  copying: undefined,
  cut: "whole",
  ...change,
});

const judged = (change: Partial<ReplicaFacts>): readonly [string, string, string] => {
  const { name, state, remedy } = judgeReplica(facts(change));
  return [name, state, remedy];
};

test("what the active node took over without is saved, and the node copied anew", (t) => {
  t.deepEqual(judged({ stray: "it holds 2" }), ["stray", "diverged", "copyAnew"]);
});

test("a node that counts on from what its recovery cut off is copied anew", (t) => {
  t.deepEqual(judged({ cut: "miscounted" }), ["miscounted", "diverged", "copyAnew"]);
  t.deepEqual(judged({ cut: "unchecked" }), ["cutUnchecked", "paused", "none"]);
});

test("a node that took over with an empty disk is no source for the one that has the data", (t) => {
  const beside = { stray: "it holds 9", peer: peerWith("1-1-3") };
  t.deepEqual(judged(beside), ["strayBesideEmpty", "diverged", "none"]);
});

test("an empty database is copied, and replays what a pair that has just begun wrote", (t) => {
  const empty = { ...facts({}).view, logged: parsePositions(""), applied: parsePositions("") };
  t.is(judged({ view: empty, peer: peerWith("1-1-101") })[2], "copyAnew");
  t.is(judged({ view: empty, peer: peerWith("1-1-100") })[2], "follow");
});

test("while a copy is under way nothing else is done", (t) => {
  const copying = { phase: "receiving", bytes: 1, totalBytes: 2 };
  t.deepEqual(judged({ stray: "it holds 2", copying }), ["copying", "cloning", "none"]);
});
