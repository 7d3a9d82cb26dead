import test from "ava";
import type { Component } from "../../../../components/component.ts";
import { lb } from "../../../../components/lb.ts";
import { proxy } from "../../../../components/proxy.ts";
import { rtpengine } from "../../../../components/rtpengine.ts";
import { sbc } from "../../../../components/sbc.ts";
import type { HandlerParts, ServicePorts } from "../../../../ha/effects/handlers.ts";
import { createHandlers } from "../../../../ha/effects/handlers.ts";
import type { StepHandlers } from "../../../../ha/effects/runner.ts";
import { SETTINGS } from "../settings-of-a-pair.ts";

const ACTIVE = [lb, proxy, rtpengine, sbc];
/** Each effect has a signal of its own, as in the daemon. */
const signal = (): AbortSignal => new AbortController().signal;

interface Given {
  readonly wanted?: readonly Component[];
  readonly ending?: boolean;
  /** Calls that fail. */
  readonly failing?: readonly string[];
  /** Calls that end when their signal fires, and not before. */
  readonly hanging?: readonly string[];
}

/** Handlers over ports that write down what they are asked for, in order. */
const handled = ({ wanted = ACTIVE, ending = false, failing = [], hanging = [] }: Given = {}): {
  readonly handlers: StepHandlers;
  readonly calls: string[];
  readonly said: readonly string[];
} => {
  const calls: string[] = [];
  const said: string[] = [];
  const call = (name: string, until?: AbortSignal): Promise<void> => {
    calls.push(name);
    if (until !== undefined && hanging.includes(name))
      return new Promise((_, reject) => {
        const giveUp = (): void => reject(new Error(`${name} gave up`));
        if (until.aborted) giveUp();
        else until.addEventListener("abort", giveUp);
      });
    return failing.includes(name) ? Promise.reject(new Error(`${name} failed`)) : Promise.resolve();
  };
  const ports: ServicePorts = {
    database: {
      open: () => call("database.open"),
      close: (until) => call("database.close", until),
    },
    cache: { open: () => call("cache.open"), close: () => call("cache.close") },
    units: {
      start: (units) => call(`start ${units.join(" ")}`),
      stop: (units) => call(`stop ${units.join(" ")}`),
      beginStop: (units) => call(`beginStop ${units.join(" ")}`),
      kill: (units) => call(`kill ${units.join(" ")}`),
    },
    wanted: () => wanted,
    say: (sentence) => said.push(sentence),
    setServices: (services) => calls.push(`watch ${services}`),
    untilReady: (components, until) =>
      call(`ready ${components.map(({ name }) => name).join(" ")}`, until),
  };
  const parts: HandlerParts = {
    addresses: SETTINGS.sharedAddresses,
    address: { add: () => call("add"), remove: () => call("remove") },
    record: { saveTerm: (term) => call(`term ${term}`) },
    roleFile: { writeServices: (services) => calls.push(`file ${services}`) },
    fencePeer: () => call("fence"),
    services: () => Promise.resolve(ports),
    isEnding: () => ending,
    activeComponents: ACTIVE,
  };
  return { handlers: createHandlers(parts), calls, said };
};

test("the role file lets the units run before they are started", async (t) => {
  const { handlers, calls } = handled();
  await handlers.openServices({ kind: "openServices" }, signal());
  t.deepEqual(calls.slice(0, 2), ["file open", "watch open"]);
});

test("an active node opens its stores and starts lb, proxy and the relay, which waits for Redis, before the rest", async (t) => {
  const { handlers, calls } = handled();
  await handlers.openServices({ kind: "openServices" }, signal());
  t.deepEqual(calls.slice(2), [
    "cache.open",
    "start ngcp-lb.service ngcp-proxy.service",
    "database.open",
    "start ngcp-rtpengine.service",
    "ready lb proxy rtpengine",
    "start ngcp-active.target",
    "ready lb proxy rtpengine sbc",
  ]);
});

test("what does not come up does not keep the rest from starting", async (t) => {
  const { handlers, calls } = handled({ failing: ["ready lb proxy rtpengine"] });
  await handlers.openServices({ kind: "openServices" }, signal());
  t.true(calls.includes("start ngcp-active.target"));
});

test("what cannot be started does not keep the rest from starting, and fails the step", async (t) => {
  const first = "start ngcp-lb.service ngcp-proxy.service";
  const { handlers, calls } = handled({ failing: [first] });
  await t.throwsAsync(handlers.openServices({ kind: "openServices" }, signal()), {
    message: `${first} failed`,
  });
  t.true(calls.includes("start ngcp-active.target"));
});

test("a takeover that is given up starts nothing more", async (t) => {
  const { handlers, calls } = handled({ hanging: ["ready lb proxy rtpengine"] });
  const givenUp = new AbortController();
  const opening = handlers.openServices({ kind: "openServices" }, givenUp.signal);
  givenUp.abort(new Error("the role was given up"));
  await t.throwsAsync(opening, { message: "the role was given up" });
  t.false(calls.includes("start ngcp-active.target"));
});

test("a Redis that does not open fails the step, but the relay is started for new calls", async (t) => {
  const { handlers, calls } = handled({ failing: ["cache.open"] });
  await t.throwsAsync(handlers.openServices({ kind: "openServices" }, signal()), {
    message: "cache.open failed",
  });
  t.true(calls.includes("start ngcp-rtpengine.service"));
  t.true(calls.includes("database.open"));
});

test("what an operator stopped is not started by a takeover", async (t) => {
  const { handlers, calls } = handled({ wanted: [proxy, sbc] });
  await handlers.openServices({ kind: "openServices" }, signal());
  t.deepEqual(
    calls.filter((call) => call.startsWith("start ") && call !== "start "),
    [
      "start ngcp-proxy.service",
      "start ngcp-sems.service ngcp-schema.service ngcp-mediator.service",
    ],
  );
});

test("a standby prepares what can run unreachable, and nothing else", async (t) => {
  const { handlers, calls } = handled();
  await handlers.prepareServices({ kind: "prepareServices" }, signal());
  t.deepEqual(calls, [
    "file prepared",
    "watch prepared",
    "start ngcp-lb.service ngcp-proxy.service ngcp-sems.service",
    "ready lb proxy sbc",
  ]);
});

test("a database that is not closed in time is killed", async (t) => {
  const { handlers, calls, said } = handled({ hanging: ["database.close"] });
  await handlers.closeServices({ kind: "closeServices" }, signal());
  t.true(calls.includes("kill ngcp-mysql.service"));
  t.regex(said.join(), /MariaDB is killed/);
});

test("a database that refuses to close, or that a node takes back, is not killed", async (t) => {
  const refusing = handled({ failing: ["database.close"] });
  await t.throwsAsync(refusing.handlers.closeServices({ kind: "closeServices" }, signal()), {
    message: "database.close failed",
  });
  const takenBack = new AbortController();
  const hanging = handled({ hanging: ["database.close"] });
  const closing = hanging.handlers.closeServices({ kind: "closeServices" }, takenBack.signal);
  takenBack.abort();
  await t.throwsAsync(closing);
  for (const { calls } of [refusing, hanging]) t.false(calls.includes("kill ngcp-mysql.service"));
});

test("services are closed after the stores are, each one though another fails", async (t) => {
  const { handlers, calls } = handled({ failing: ["cache.close"] });
  await t.throwsAsync(handlers.closeServices({ kind: "closeServices" }, signal()), {
    message: "cache.close failed",
  });
  t.deepEqual(calls, [
    "file closed",
    "watch closed",
    "database.close",
    "cache.close",
    "stop ngcp-active.target ngcp-lb.service ngcp-proxy.service ngcp-rtpengine.service ngcp-sems.service",
  ]);
});

test("a daemon that systemd is stopping does not wait for the components, which stop after it", async (t) => {
  const { handlers, calls } = handled({ ending: true });
  await handlers.closeServices({ kind: "closeServices" }, signal());
  t.regex(calls.at(-1) ?? "", /^beginStop ngcp-active\.target /);
});

test("the other steps reach their port", async (t) => {
  const { handlers, calls } = handled();
  await handlers.recordClaim({ kind: "recordClaim", term: 7 }, signal());
  await handlers.fencePeer({ kind: "fencePeer" }, signal());
  await handlers.addSharedAddresses({ kind: "addSharedAddresses" }, signal());
  await handlers.removeSharedAddresses({ kind: "removeSharedAddresses" }, signal());
  t.deepEqual(calls, ["term 7", "fence", "add", "remove"]);
});
