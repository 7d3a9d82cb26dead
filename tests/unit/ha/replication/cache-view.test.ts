import test from "ava";
import { cacheStatus, parseInfo } from "../../../../ha/replication/cache-view.ts";

const info = (lines: readonly string[]): string => ["# Replication", ...lines, ""].join("\r\n");

const REPLICA = [
  "role:slave",
  "master_host:192.168.255.251",
  "master_port:6379",
  "master_link_status:up",
  "master_last_io_seconds_ago:1",
  "master_sync_in_progress:0",
  "connected_slaves:0",
];

const changed = (from: string, to: string): string =>
  info(REPLICA.map((line) => (line.startsWith(`${from}:`) ? `${from}:${to}` : line)));

test("a replica with its link up is in sync", (t) => {
  const status = cacheStatus(parseInfo(info(REPLICA)), "sp1", undefined);
  t.deepEqual(status, {
    store: "redis",
    role: "replica",
    state: "in-sync",
    inSync: true,
    lagSeconds: 1,
    lagBytes: 0,
    detail: "replicates from sp1",
    remedy: null,
  });
});

test("a replica that is not in sync says why", (t) => {
  const detail = (text: string, problem?: string): string => {
    const status = cacheStatus(parseInfo(text), "sp1", problem);
    t.false(status.inSync);
    return status.detail;
  };
  const down = changed("master_link_status", "down");
  t.is(detail(down), "it has no connection to sp1's Redis");
  t.is(detail(down, "sp1's Redis refuses the password"), "sp1's Redis refuses the password");
  t.is(detail(changed("master_sync_in_progress", "1")), "it is being copied from sp1");
  t.is(
    detail(changed("master_last_io_seconds_ago", "6")),
    "it has heard nothing from sp1's Redis for 6 s",
  );
});

test("a source counts the replicas that are complete", (t) => {
  const source = (state: string): string => {
    const line = `slave0:ip=192.168.255.252,port=6379,state=${state},offset=14,lag=0`;
    return cacheStatus(parseInfo(info(["role:master", line])), "sp2", undefined).detail;
  };
  t.is(source("online"), "sp2 replicates");
  t.is(source("wait_bgsave"), "sp2 does not replicate");
});
