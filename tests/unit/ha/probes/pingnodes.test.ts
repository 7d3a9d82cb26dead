import test from "ava";

import type { EchoAnswer } from "../../../../ha/effects/echo.ts";
import { PingNodes } from "../../../../ha/probes/pingnodes.ts";

/** Ping nodes on a clock that the test moves; each answers at once while the test lets it. */
const pingNodes = (hosts: readonly string[]) => {
  const answering = new Set(hosts);
  const refusing = new Set<string>();
  const told: [number, number][] = [];
  const failures: string[] = [];
  let waiting: EchoAnswer[] = [];
  let clockMs = 0;
  let look = (): void => undefined;
  const subject = new PingNodes({
    hosts,
    now: () => clockMs,
    every: (_ms, work) => {
      look = work;
      return () => (look = (): void => undefined);
    },
    onReached: (reached, total) => told.push([reached, total]),
    onFailure: (host) => failures.push(host),
    echo: {
      ask: (host, sequence) => {
        const name = hosts[host] ?? "";
        if (refusing.has(name)) throw new Error("EPERM");
        if (answering.has(name)) waiting.push({ host, sequence });
      },
      answers: () => {
        const answers = waiting;
        waiting = [];
        return answers;
      },
      close: () => undefined,
    },
  });
  return {
    subject,
    answering,
    refusing,
    told,
    failures,
    /** Time goes by, with a look every 100 ms. */
    pass: (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 100) {
        clockMs += 100;
        look();
      }
    },
    /** Time goes by in which the process does not run. */
    sleep: (ms: number): void => {
      clockMs += ms;
      look();
    },
  };
};

test("nothing is told before each host had the time to answer", (t) => {
  const { subject, told, answering, pass } = pingNodes(["a", "b"]);
  answering.delete("b");
  subject.start();
  pass(600);
  t.deepEqual(told, []);
  pass(100);
  t.deepEqual(told, [[1, 2]]);
});

test("a host that falls silent is not reached 500 to 700 ms after its last answer, and each change is told once", (t) => {
  const { subject, told, answering, pass } = pingNodes(["a", "b"]);
  subject.start();
  pass(100);
  t.deepEqual(told.splice(0), [[2, 2]]);
  answering.delete("a");
  pass(500);
  t.deepEqual(told, []);
  pass(200);
  t.deepEqual(told.splice(0), [[1, 2]]);
  pass(5_000);
  answering.add("a");
  pass(300);
  t.deepEqual(told, [[2, 2]]);
});

test("a pause of this process is no silence of the hosts", (t) => {
  const { subject, told, pass, sleep } = pingNodes(["a", "b"]);
  subject.start();
  pass(200);
  sleep(5_000);
  pass(1_000);
  t.deepEqual(told, [[2, 2]]);
});

test("a host that was lost in a pause of this process is missed at the second request after it", (t) => {
  const { subject, told, answering, pass, sleep } = pingNodes(["a", "b"]);
  subject.start();
  pass(200);
  answering.delete("a");
  pass(200);
  sleep(5_000);
  pass(300);
  t.deepEqual(told, [
    [2, 2],
    [1, 2],
  ]);
});

test("a host to which the kernel sends nothing is not reached, and told once", (t) => {
  const { subject, told, failures, refusing, pass } = pingNodes(["a", "b"]);
  refusing.add("b");
  subject.start();
  pass(1_000);
  t.deepEqual(told.splice(0), [[1, 2]]);
  t.deepEqual(failures, ["b"]);
  refusing.clear();
  pass(300);
  t.deepEqual(told, [[2, 2]]);
  refusing.add("b");
  pass(300);
  t.deepEqual(failures, ["b", "b"]);
});

test("once stopped nothing is asked or told", (t) => {
  const { subject, told, pass } = pingNodes(["a"]);
  subject.start();
  subject.stop();
  pass(1_000);
  t.deepEqual(told, []);
});
