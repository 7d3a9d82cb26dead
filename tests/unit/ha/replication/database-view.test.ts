import test from "ava";
import {
  isDeaf,
  replicaStatus,
  sourceStatus,
  strayTransactions,
} from "../../../../ha/replication/database-view.ts";
import { parsePositions } from "../../../../ha/replication/gtid.ts";
import type {
  DatabaseView,
  PeerDatabaseView,
  ReplicaView,
} from "../../../../ha/replication/database-view.ts";

const names = { peer: "sp1", peerId: 1 };

const replica: ReplicaView = {
  host: "192.168.255.251",
  user: "ngcp_replica",
  port: 3306,
  usingGtid: "Slave_Pos",
  heartbeatSeconds: 1,
  connectRetrySeconds: 1,
  receiving: "yes",
  applying: true,
  received: parsePositions("1-1-100"),
  receiveError: undefined,
  applyError: undefined,
  lagSeconds: 0,
  lagBytes: 0,
};

const view = (change: Partial<ReplicaView> = {}): DatabaseView => ({
  readOnly: true,
  logged: parsePositions("1-1-100,2-2-7"),
  applied: parsePositions("1-1-100,2-2-7"),
  semiSync: false,
  acknowledging: 1,
  replica: { ...replica, ...change },
});

const active: PeerDatabaseView = {
  readOnly: false,
  logged: parsePositions("1-1-100,2-2-7"),
  applied: parsePositions("2-2-7"),
  received: parsePositions("2-2-7"),
  receiving: true,
};

const statusOf = (
  change: Partial<ReplicaView>,
  peer: PeerDatabaseView | undefined = active,
): readonly [boolean, string] => {
  const facts = {
    view: view(change),
    peer,
    names,
    stray: undefined,
    deaf: false,
    copying: undefined,
    cut: "whole" as const,
  };
  const { inSync, detail } = replicaStatus(facts);
  return [inSync, detail];
};

test("a standby whose threads run is in sync", (t) => {
  t.deepEqual(statusOf({}), [true, "replicates from sp1"]);
  t.deepEqual(statusOf({ lagSeconds: 5 }), [true, "replicates from sp1"]);
});

test("a standby that is not in sync says why in one sentence", (t) => {
  const error = (errno: number): { errno: number; text: string } => ({ errno, text: "as it says" });
  t.deepEqual(statusOf({ lagSeconds: 6 }), [false, "it is 6 s behind"]);
  t.deepEqual(statusOf({ receiving: "connecting" }), [false, "it is connecting to sp1"]);
  t.deepEqual(statusOf({ receiving: "no" }), [false, "its replication is stopped"]);
  t.deepEqual(statusOf({ applying: false }), [false, "its replication is stopped"]);
  const told: readonly [Partial<ReplicaView>, RegExp][] = [
    [{ applyError: error(1062) }, /key that another row has here \(error 1062\)/],
    [{ applyError: error(1032) }, /row that sp1 changed is not in this database \(error 1032\)/],
    [{ receiveError: error(1236) }, /binary log no longer holds.*\(error 1236\)/],
    [{ receiveError: error(1045) }, /sp1 refuses the password of the pair \(error 1045\)/],
    [{ receiveError: error(4711) }, /^as it says \(error 4711\)$/],
  ];
  for (const [change, sentence] of told) {
    const [inSync, detail] = statusOf(change);
    t.false(inSync);
    t.regex(detail, sentence);
  }
  const facts = { view: { ...view(), replica: undefined }, peer: active, names };
  t.is(
    replicaStatus({
      ...facts,
      stray: undefined,
      deaf: false,
      copying: undefined,
      cut: "whole" as const,
    }).detail,
    "it does not replicate from sp1 yet",
  );
  const silent = {
    view: view(),
    peer: undefined,
    names,
    stray: undefined,
    deaf: false,
    copying: undefined,
    cut: "whole" as const,
  };
  t.is(replicaStatus(silent).detail, "sp1's database does not answer");
});

test("threads that look well and receive nothing are found out at the second look", (t) => {
  const ahead = { ...active, logged: parsePositions("1-1-140,2-2-7") };
  t.false(isDeaf(undefined, view(), 1));
  t.false(isDeaf(active, view(), 1));
  t.true(isDeaf(ahead, view(), 1));
  t.false(isDeaf(ahead, view({ received: parsePositions("1-1-140") }), 1));
});

test("transactions that the new active node lacks keep a node from following it", (t) => {
  const logged = parsePositions("1-1-100,2-2-9");
  t.regex(
    strayTransactions(logged, active, "sp1") ?? "",
    /holds 2 transactions that sp1 took over without \(2:8 to 2:9\)$/,
  );
  t.regex(
    strayTransactions(parsePositions("2-2-8"), active, "sp1") ?? "",
    /1 transaction .*\(2:8\)/,
  );
  t.is(strayTransactions(parsePositions("1-1-100,2-2-7"), active, "sp1"), undefined);
  // What has arrived there and is not applied yet is no loss.
  const arriving = { ...active, received: parsePositions("2-2-9") };
  t.is(strayTransactions(logged, arriving, "sp1"), undefined);
  // Nobody took over: the peer will fetch them.
  t.is(strayTransactions(logged, { ...active, readOnly: true }, "sp1"), undefined);
});

test("the active node is in sync with itself and says how far its peer is", (t) => {
  const own = { ...view(), readOnly: false, semiSync: true };
  const standby = { ...active, readOnly: true, received: parsePositions("1-1-98,2-2-7") };
  const detail = (peer: PeerDatabaseView | undefined, semiSync = true): string => {
    const status = sourceStatus({ ...own, semiSync }, peer, names);
    t.true(status.inSync);
    return status.detail;
  };
  t.is(detail({ ...standby, logged: own.logged }), "sp1 has every transaction");
  t.is(detail({ ...standby, logged: parsePositions("1-1-98,2-2-7") }), "sp1 lacks 2 transactions");
  t.is(detail(undefined, false), "sp1's database does not answer; commits do not wait for it");
  t.is(
    detail({ ...standby, logged: parsePositions("1-1-101,2-2-7") }),
    "sp1 holds transactions that this node took over without",
  );
});
