import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Component } from "../../../../components/component.ts";
import type { UnitState } from "../../../../ha/effects/ports.ts";
import type { ServicesWord } from "../../../../ha/effects/role-file.ts";
import { Components } from "../../../../ha/probes/components.ts";
import { unfitReasons } from "../../../../ha/probes/fitness.ts";
import { Unmonitored } from "../../../../ha/probes/unmonitored.ts";

const FAILURES = 3;

const component = (given: Pick<Component, "name" | "unit" | "runsOn" | "health">): Component => ({
  dependsOn: [],
  preparable: false,
  listens: [],
  templates: [],
  stopTimeoutMs: 1_000,
  ...given,
});

/** Asked through the ports of the stores, so that a test says whether it answers; the rules look at where it runs. */
const LB = component({
  name: "lb",
  unit: "ngcp-lb.service",
  runsOn: "active",
  health: { kind: "redisPing", timeoutMs: 500, failures: FAILURES },
});
const MYSQL = component({
  name: "mysql",
  unit: "ngcp-mysql.service",
  runsOn: "both",
  health: { kind: "sqlPing", timeoutMs: 500, failures: FAILURES },
});

/** Both components on a node whose clock, systemd and answers are the test's. */
const watched = (t: ExecutionContext, services: ServicesWord = "open") => {
  const folder = mkdtempSync(join(tmpdir(), "ngcp-components-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const node = {
    ms: 0,
    answers: { lb: true, mysql: true },
    states: new Map<string, UnitState>(),
    systemdRefuses: false,
  };
  const restarts: string[] = [];
  const said: string[] = [];
  const asked: string[] = [];
  const rounds: (() => void)[] = [];
  const ping = (name: "lb" | "mysql"): Promise<void> => {
    asked.push(name);
    return node.answers[name] ? Promise.resolve() : Promise.reject(new Error("no answer"));
  };
  const unmonitoredPath = join(folder, "run", "unmonitored");
  mkdirSync(join(folder, "run"));
  const unmonitored = new Unmonitored(unmonitoredPath);
  const watch = new Components(
    {
      components: [LB, MYSQL],
      stores: { database: { ping: () => ping("mysql") }, cache: { ping: () => ping("lb") } },
      units: {
        states: (units) =>
          Promise.resolve(new Map(units.map((unit) => [unit, node.states.get(unit) ?? "active"]))),
        restart: ([unit = ""]) => {
          restarts.push(`${node.ms} ${unit}`);
          return node.systemdRefuses
            ? Promise.reject(new Error("systemd refuses"))
            : Promise.resolve();
        },
      },
      unmonitored,
      now: () => node.ms,
      every: (_ms, work) => {
        rounds.push(work);
        return () => undefined;
      },
      say: (sentence) => said.push(sentence),
    },
    services,
  );
  watch.start();
  /** Lets the node live until `ms`, with a round every second, as `ngcp-ha` does. */
  const until = async (ms: number): Promise<void> => {
    await nextTurn();
    for (let at = node.ms + 1_000; at <= ms; at += 1_000) {
      node.ms = at;
      rounds.forEach((work) => work());
      await nextTurn();
    }
  };
  const reasons = (): readonly string[] =>
    unfitReasons({
      serving: true,
      components: watch.facts(),
      host: { disks: [], availableBytes: Number.MAX_SAFE_INTEGER },
    });
  return { watch, node, until, reasons, restarts, said, asked, unmonitored, folder };
};

test("a component that fails its probe often enough in a row is restarted, once, and the node stays fit", async (t) => {
  const { node, until, reasons, restarts, said } = watched(t);
  await until(20_000);
  t.deepEqual(restarts, []);
  node.answers.lb = false;
  await until(22_000);
  node.answers.lb = true;
  await until(23_000);
  t.deepEqual(restarts, [], "two failures, and an answer");
  node.answers.lb = false;
  await until(26_000);
  t.deepEqual(restarts, ["26000 ngcp-lb.service"]);
  t.deepEqual(said, ["lb does not answer and is restarted: no answer"]);
  node.answers.lb = true;
  await until(60_000);
  t.is(restarts.length, 1);
  t.deepEqual(reasons(), []);
});

test("a restart that did not help makes the node unfit, until the component answers", async (t) => {
  const { node, until, reasons, restarts } = watched(t);
  await until(20_000);
  node.answers.lb = false;
  await until(30_000);
  t.deepEqual(restarts, ["23000 ngcp-lb.service"], "what was restarted may still be starting");
  t.deepEqual(reasons(), []);
  await until(31_000);
  t.deepEqual(restarts.slice(1), ["31000 ngcp-lb.service"]);
  t.deepEqual(reasons(), ["lb does not answer, also after a restart"]);
  node.answers.lb = true;
  await until(32_000);
  t.deepEqual(reasons(), []);
});

test("a component that failed again after it had served for long gets a restart without blame", async (t) => {
  const { node, until, reasons, restarts } = watched(t);
  await until(20_000);
  node.answers.lb = false;
  await until(23_000);
  node.answers.lb = true;
  await until(82_000);
  node.answers.lb = false;
  await until(85_000);
  t.is(restarts.length, 2);
  t.deepEqual(reasons(), []);
});

test("what starts is given time: after a takeover, after a restart, and while systemd starts it", async (t) => {
  const { watch, node, until, restarts } = watched(t, "closed");
  await until(20_000);
  node.answers.lb = false;
  watch.setServices("open");
  await until(27_000);
  t.deepEqual(restarts, []);
  node.states.set(LB.unit, "activating");
  await until(40_000);
  t.deepEqual(restarts, []);
  node.states.set(LB.unit, "failed");
  await until(41_000);
  t.deepEqual(restarts, ["41000 ngcp-lb.service"]);
});

test("MariaDB that runs and is silent is left alone for 20 s; one that does not run is started at once", async (t) => {
  const { node, until, restarts } = watched(t);
  await until(10_000);
  node.answers.mysql = false;
  await until(30_000);
  t.deepEqual(restarts, []);
  await until(31_000);
  t.deepEqual(restarts, ["31000 ngcp-mysql.service"]);

  const other = watched(t, "closed");
  other.node.answers.mysql = false;
  other.node.states.set(MYSQL.unit, "inactive");
  await other.until(3_000);
  t.deepEqual(other.restarts, ["3000 ngcp-mysql.service"], "on a standby too");
});

test("MariaDB that is silent for 3 s makes the node unfit, whatever a restart may help", async (t) => {
  const { node, until, reasons } = watched(t, "closed");
  await until(10_000);
  node.answers.mysql = false;
  await until(13_000);
  t.deepEqual(reasons(), []);
  await until(14_000);
  t.deepEqual(reasons(), ["mysql has not answered for 3 s"]);
});

test("a standby asks for nothing of the active node, and nobody asks for what an operator stopped", async (t) => {
  const { watch, node, until, reasons, restarts, asked, unmonitored } = watched(t, "closed");
  node.answers.lb = false;
  await until(30_000);
  t.false(asked.includes("lb"));
  watch.setServices("open");
  unmonitored.add(["lb"], "lb");
  await until(60_000);
  t.false(asked.includes("lb"));
  t.deepEqual(watch.wantedOnActive(), []);
  t.deepEqual([...restarts, ...reasons()], []);
  watch.setServices("closed");
  t.deepEqual(unmonitored.names(), [], "a stop by an operator ends with the role");
});

test("a restart that systemd refuses is told, and the component is asked and restarted further on", async (t) => {
  const { node, until, restarts, said } = watched(t);
  await until(20_000);
  node.answers.lb = false;
  node.systemdRefuses = true;
  await until(31_000);
  t.deepEqual(
    restarts.map((restart) => restart.split(" ")[0]),
    ["23000", "31000"],
  );
  t.is(said.filter((sentence) => sentence === "systemd refuses").length, 2);
});

test("services close on a full /run too: what cannot be written of them is told", (t) => {
  const { watch, said, unmonitored, folder } = watched(t);
  watch.setServices("prepared");
  watch.setServices("open");
  unmonitored.add(["lb"], "lb");
  rmSync(join(folder, "run"), { recursive: true });
  watch.setServices("closed");
  t.is(watch.services(), "closed");
  t.deepEqual(unmonitored.names(), []);
  t.is(said.length, 1);
  watch.setServices("open");
  watch.setServices("closed");
  t.is(said.length, 1, "nothing was stopped since, so nothing is written");
  t.false(existsSync(join(folder, "run")));
});
