import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { COMPONENTS } from "../../../../components/index.ts";
import { ComponentOrders } from "../../../../ha/control/component-orders.ts";
import { Unmonitored } from "../../../../ha/probes/unmonitored.ts";

/** Orders over a systemd that writes down what it is asked for. */
const orders = (t: ExecutionContext, services: "open" | "closed" = "open") => {
  const folder = mkdtempSync(join(tmpdir(), "ngcp-orders-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const calls: string[] = [];
  const note = (what: string): Promise<void> => {
    calls.push(what);
    return Promise.resolve();
  };
  const unmonitored = new Unmonitored(join(folder, "unmonitored"));
  const subject = new ComponentOrders({
    components: COMPONENTS,
    watch: {
      services: () => services,
      untilReady: (components) => note(`ready ${components.map(({ name }) => name).join(" ")}`),
    },
    units: {
      start: (units) => note(`start ${units.join(" ")}`),
      stop: (units) => note(`stop ${units.join(" ")}`),
    },
    unmonitored,
  });
  return { subject, calls, unmonitored };
};

test("what needs a component stops before it, is named, and starts again with it", async (t) => {
  const { subject, calls, unmonitored } = orders(t);
  const stopped = await subject.carryOut("mysql", "stop");
  t.deepEqual(stopped.affected, ["proxy"]);
  t.deepEqual(calls, ["stop ngcp-proxy.service", "stop ngcp-mysql.service"]);
  t.deepEqual(unmonitored.names(), ["mysql", "proxy"]);

  const refused = await subject.carryOut("proxy", "start");
  t.is(refused.code, "NGCP_COMPONENT_NEEDS_OTHERS");

  calls.length = 0;
  t.is((await subject.carryOut("mysql", "start")).outcome, "done");
  t.deepEqual(calls, [
    "start ngcp-mysql.service",
    "ready mysql",
    "start ngcp-proxy.service",
    "ready proxy",
  ]);
  t.deepEqual(unmonitored.names(), []);
});

test("a restart is over when the new process answers, not the old one", async (t) => {
  const { subject, calls } = orders(t);
  await subject.carryOut("redis", "restart");
  t.deepEqual(calls, ["stop ngcp-redis.service", "start ngcp-redis.service", "ready redis"]);
});

test("on a standby the components of the active node are refused", async (t) => {
  const { subject, calls } = orders(t, "closed");
  t.is((await subject.carryOut("lb", "start")).code, "NGCP_COMPONENT_NOT_HERE");
  t.is((await subject.carryOut("nothing", "start")).code, "NGCP_COMPONENT_UNKNOWN");
  t.deepEqual(calls, []);
});
