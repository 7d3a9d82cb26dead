import test from "ava";
import type { ComponentAnswer } from "../../../ha/control/contract.ts";
import { monit } from "../../../ops/commands/monit.ts";
import {
  ACTIVE,
  type Answers,
  COMPONENTS_ON_STANDBY,
  COMPONENTS_RUNNING,
  runAgainst,
  STANDBY_IN_NEED,
} from "./daemon-of-a-test.ts";

const activeNode = { status: ACTIVE };
const standbyNode: Answers = {
  status: { ...ACTIVE, role: "standby", components: COMPONENTS_ON_STANDBY },
};

const done = (sentence: string, affected: readonly string[] = []): ComponentAnswer => ({
  outcome: "done",
  code: null,
  sentence,
  affected,
});

test("the summary has the shape of monit's own: the status begins in column 37", async (t) => {
  const { end, said } = await runAgainst(monit, ["summary"], { answers: activeNode });
  t.is(end, "done");
  t.is(said[1], "");
  const lines = said.slice(2);
  t.deepEqual(
    lines.map((line) => line.slice(0, 36).trimEnd()),
    [
      "Process 'mysql'",
      "Process 'redis'",
      "Process 'rtpengine'",
      "Process 'proxy'",
      "Process 'lb'",
      "System 'sp1'",
    ],
  );
  t.true(lines.every((line) => line.slice(36) === "Running"));
});

test("a name in it is found with grep in one line", async (t) => {
  const { said } = await runAgainst(monit, ["summary"], { answers: activeNode });
  t.deepEqual(
    said.filter((line) => line.includes("lb")),
    ["Process 'lb'                        Running"],
  );
});

test("a standby does not monitor what belongs to the active node", async (t) => {
  const { said } = await runAgainst(monit, ["summary", "lb"], { answers: standbyNode });
  t.is(said.at(-1), "Process 'lb'                        Not monitored - standby node");
});

test("the status is a block for each service", async (t) => {
  const answers = { status: STANDBY_IN_NEED };
  const { said } = await runAgainst(monit, ["status", "mysql"], { answers });
  t.deepEqual(said.slice(2), [
    "Process 'mysql'",
    "  status                            Execution failed",
    "  monitoring status                 Monitored",
    "  unit                              ngcp-mysql.service",
    "  detail                            no answer to select 1",
    "",
  ]);
});

test("stop asks the daemon and names the dependants that it did not name itself", async (t) => {
  const { end, said, asked } = await runAgainst(monit, ["stop", "rtpengine"], {
    answers: {
      ...activeNode,
      orders: {
        "rtpengine/stop": done("rtpengine is stopped, and proxy before it", ["proxy", "lb"]),
      },
    },
  });
  t.is(end, "done");
  t.deepEqual(said, ["rtpengine is stopped, and proxy before it", "Also stopped: lb"]);
  t.is(asked.at(-1)?.what, "POST /v1/components/rtpengine/stop");
});

test("to start lb on the standby is refused with the daemon's reason", async (t) => {
  const refusal: ComponentAnswer = {
    outcome: "refused",
    code: "NGCP_COMPONENT_NOT_HERE",
    sentence: "lb runs on the active node, and sp1 is standby",
    affected: [],
  };
  const { end, complained } = await runAgainst(monit, ["start", "lb"], {
    answers: { ...standbyNode, orders: { "lb/start": refusal } },
  });
  t.is(end, "refused");
  t.deepEqual(complained, [`${refusal.code}: ${refusal.sentence}`]);
});

test("start all on a standby is all that belongs to it, dependencies first", async (t) => {
  const { end, asked } = await runAgainst(monit, ["start", "all"], {
    answers: {
      ...standbyNode,
      orders: { "mysql/start": done("mysql runs"), "redis/start": done("redis runs") },
    },
  });
  t.is(end, "done");
  t.deepEqual(
    asked.slice(1).map(({ what }) => what),
    ["POST /v1/components/mysql/start", "POST /v1/components/redis/start"],
  );
});

test("stop all begins with what nothing depends on, whatever order the daemon lists", async (t) => {
  const listed = [...COMPONENTS_RUNNING].reverse();
  const names = listed.map(({ name }) => name);
  const { end, asked } = await runAgainst(monit, ["stop", "all"], {
    answers: {
      status: { ...ACTIVE, components: listed },
      orders: Object.fromEntries(names.map((name) => [`${name}/stop`, done(`${name} is stopped`)])),
    },
  });
  t.is(end, "done");
  const order = asked.slice(1).map(({ what }) => what.split("/")[3]);
  t.true(order.indexOf("proxy") < order.indexOf("mysql"));
  t.true(order.indexOf("rtpengine") < order.indexOf("redis"));
  t.is(order.length, 5);
});

for (const args of [[], ["start"], ["brew", "lb"], ["summary", "coffee"], ["stop", "coffee"]]) {
  test(`monit ${args.join(" ")} is wrong usage`, async (t) => {
    const { end, complained, asked } = await runAgainst(monit, args, { answers: activeNode });
    t.is(end, "usage");
    t.not(complained.length, 0);
    t.deepEqual(
      asked.filter(({ what }) => what.startsWith("POST")),
      [],
    );
  });
}

test("without a daemon stop asks systemd, dependants first, and says so", async (t) => {
  const { end, said, complained, units } = await runAgainst(monit, ["stop", "mysql"], {});
  t.is(end, "done");
  t.regex(complained[0] ?? "", /^NGCP_DAEMON_NOT_RUNNING: /);
  t.is(units.at(-1), "stop ngcp-mysql.service");
  t.true(units.indexOf("stop ngcp-proxy.service") < units.indexOf("stop ngcp-mysql.service"));
  t.regex(said.join("\n"), /proxy/);
});

test("without a daemon a unit that may not start here is a refusal", async (t) => {
  const { end, units } = await runAgainst(monit, ["start", "lb"], {});
  t.is(end, "refused");
  t.deepEqual(units, ["start ngcp-lb.service"]);
});

test("without a daemon a unit that starts is done", async (t) => {
  const { end, said } = await runAgainst(monit, ["start", "lb"], {
    unitStates: { "ngcp-lb.service": "active" },
  });
  t.is(end, "done");
  t.deepEqual(said, ["systemd started lb"]);
});
