import { setTimeout as pause } from "node:timers/promises";
import test from "ava";

import { isAnswer, PingNodes } from "../../../../ha/probes/pingnodes.ts";
import { everyMs } from "./every-ms.ts";

const ANSWER = "24 bytes from 192.0.2.1: icmp_seq=1 ttl=64 time=0.05 ms";

test("answers are told from the rest of what ping says", (t) => {
  t.true(isAnswer(ANSWER));
  t.true(isAnswer("24 bytes from 2001:db8::1: icmp_seq=7 ttl=64 time=12.3 ms (DUP!)"));
  t.true(isAnswer("64 bytes from 192.0.2.1: icmp_seq=1 ttl=64 time<1 ms"));
  t.false(isAnswer("no answer yet for icmp_seq=2"));
  t.false(isAnswer("From 192.0.2.11 icmp_seq=9 Destination Host Unreachable"));
  t.false(isAnswer("PING 192.0.2.1 (192.0.2.1) 16(44) bytes of data."));
});

/** Ping nodes on a clock that the test moves; each answers while the test lets it. */
const pingNodes = (hosts: readonly string[]) => {
  const answering = new Set(hosts);
  const told: [number, number][] = [];
  const failures: string[] = [];
  let clockMs = 0;
  const subject = new PingNodes({
    hosts,
    now: () => clockMs,
    every: everyMs(100),
    onReached: (reached, total) => told.push([reached, total]),
    onFailure: (host) => failures.push(host),
    ping: async (host, signal, onLine) => {
      if (host === "broken") throw new Error("not started");
      while (!signal.aborted) {
        if (answering.has(host)) onLine(ANSWER);
        await pause(20);
      }
    },
  });
  return {
    subject,
    told,
    failures,
    answering,
    pass: async (ms: number): Promise<void> => {
      clockMs += ms;
      await pause(120);
    },
  };
};

test("nothing is told before each host had the time to answer", async (t) => {
  const { subject, told, answering, pass } = pingNodes(["a", "b"]);
  answering.delete("b");
  subject.start();
  await pass(300);
  t.deepEqual(told, []);
  await pass(300);
  await pass(150);
  t.deepEqual(told, [[1, 2]]);
  subject.stop();
});

test("a host that falls silent is not reached after its time, and each change is told once", async (t) => {
  const { subject, told, answering, pass } = pingNodes(["a", "b"]);
  subject.start();
  await pass(100);
  t.deepEqual(told, [[2, 2]]);
  answering.delete("a");
  for (const ms of [200, 200, 200]) await pass(ms);
  t.deepEqual(told, [[2, 2]]);
  await pass(200);
  t.deepEqual(told.splice(0), [
    [2, 2],
    [1, 2],
  ]);
  answering.add("a");
  await pass(100);
  t.deepEqual(told, [[2, 2]]);
  subject.stop();
});

test("a program that cannot be started is told, and its host is not reached", async (t) => {
  const { subject, told, failures, pass } = pingNodes(["a", "broken"]);
  subject.start();
  for (const ms of [250, 250, 250]) await pass(ms);
  t.deepEqual(told, [[1, 2]]);
  t.deepEqual(failures, ["broken"]);
  subject.stop();
});
