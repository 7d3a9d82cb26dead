import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { until } from "../sip/until.ts";
import { LIMIT_MS, opened } from "./line.ts";
import type { Line } from "./line.ts";

const RING_SECONDS = 2;

const openedShort = (t: ExecutionContext): Promise<Line> => {
  const directory = mkdtempSync(join(tmpdir(), "tandem-settings-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "settings.json");
  writeFileSync(path, JSON.stringify({ ringSeconds: RING_SECONDS }));
  return opened(t, path);
};

test.serial(
  "a call that rings and that nobody gives up is over in time, at both sides",
  async (t) => {
    const { pair, caller, callee } = await openedShort(t);
    const sent = caller.invite(pair.port);
    const invite = await callee.request("INVITE");
    callee.respond(invite, 180);
    t.is((await caller.response(sent, 408)).status, 408);
    const cancel = await callee.request("CANCEL");
    callee.respond(cancel, 200);
    callee.respond(invite, 487);
    await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
    t.is(
      caller
        .answers(sent)
        .filter(({ status }) => status >= 200)
        .at(-1)?.status,
      408,
    );
  },
);

test.serial("so is one that another process goes on with", async (t) => {
  const { pair, caller, callee } = await openedShort(t);
  const begun = performance.now();
  const sent = caller.invite(pair.port);
  callee.respond(await callee.request("INVITE"), 180);
  await caller.response(sent, 180);
  await until(async () => (await pair.texts()).some((text) => text.includes("early")), LIMIT_MS);
  t.is(await pair.failOver(), 1);
  t.is((await caller.response(sent, 408)).status, 408);
  t.true(performance.now() - begun >= RING_SECONDS * 1_000);
  await callee.request("CANCEL");
});

test.serial("a call that was answered in time goes on", async (t) => {
  const { pair, caller, callee } = await openedShort(t);
  const sent = caller.invite(pair.port);
  const invite = await callee.request("INVITE");
  callee.respond(invite, 200, { body: "v=0\r\n" });
  const answer = await caller.response(sent, 200);
  caller.acknowledge(answer);
  await callee.request("ACK");
  await new Promise((resolve) => setTimeout(resolve, (RING_SECONDS + 1) * 1_000));
  t.deepEqual(callee.requests("BYE"), []);
  const bye = caller.within(answer, "BYE");
  callee.respond(await callee.request("BYE"), 200);
  t.is((await caller.response(bye, 200)).status, 200);
});
