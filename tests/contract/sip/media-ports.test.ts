import { setTimeout as pause } from "node:timers/promises";
import test from "ava";
import { APPLIANCE } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { openActiveNode } from "./wires.ts";

/** A call takes four: two legs with RTP and RTCP each. */
const PORTS_OF_A_CALL = 4;
const FIRST = 40_000;
/** The relay keeps the ports of a call that has ended for five seconds. */
const FREE_AGAIN_MS = 8_000;
/** A phone that asks more often is taken for one that floods. */
const BETWEEN_MS = 1_000;

const node = new EngineNode("mediaports", {
  ...APPLIANCE,
  rtp: { ...APPLIANCE.rtp, minPort: FIRST, maxPort: FIRST + PORTS_OF_A_CALL - 1 },
});
const lan = new Lan(node);

test.before(async () => {
  await openActiveNode(node);
  await node.provision(Lan.subscribers({ a: {}, b: {}, c: {} }));
  await lan.openAll(["a", "b", "c"]);
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

// With all ports taken callers heard nothing at all for 32 s, and those of ended calls stayed taken for 30 s.
test.serial(
  "a call that the media relay has no port for is refused at once, and one after it is let in",
  async (t) => {
    const { answer, callId } = await lan.dial("a", "b");
    t.is(answer, "200 OK");
    const refused = performance.now();
    t.is((await lan.dial("c", "b")).answer, "500 Media Not Available");
    t.true(performance.now() - refused < 2_000);
    t.is((await lan.phones.ask({ kind: "reinvite", phone: "a", callId })).status, 200);
    t.is((await lan.phones.ask({ kind: "bye", phone: "a", callId })).status, 200);
    let next = "";
    await until(async () => {
      await pause(BETWEEN_MS);
      const tried = await lan.dial("c", "b");
      next = tried.answer;
      if (next === "200 OK")
        await lan.phones.ask({ kind: "bye", phone: "c", callId: tried.callId });
      return next !== "500 Media Not Available";
    }, FREE_AGAIN_MS);
    t.is(next, "200 OK");
  },
);

test.serial("a media relay that is being started is waited for", async (t) => {
  // What the relay keeps of a call stands in Redis.
  await until(async () => (await node.redis("-n 1 dbsize")).endsWith("0"), FREE_AGAIN_MS);
  await node.run("systemctl kill -s KILL ngcp-rtpengine; systemctl stop ngcp-rtpengine");
  const waiting = lan.dial("c", "b");
  await node.run(
    "sleep 1.5; systemctl reset-failed ngcp-rtpengine; systemctl start ngcp-rtpengine",
  );
  const { answer, callId } = await waiting;
  t.is(answer, "200 OK");
  t.is((await lan.phones.ask({ kind: "bye", phone: "c", callId })).status, 200);
  // Of the tries before it no dialog is left that would count for a limit.
  t.regex(await node.run("kamcmd -s /run/ngcp-proxy/ctl dlg.stats_active"), /all: 0/);
});
