import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { freeUdpPort, SbcPair } from "./pair.ts";
import { Sipp } from "./sipp.ts";
import { scenario } from "./stories.ts";
import { STORIES, established, hangUp, play } from "./takeover-stories.ts";

const CALLS = 20;

for (const story of STORIES)
  test.serial(`kill -9 of process and Redis: ${story.title}`, async (t) => {
    const { takenOver, caller, callee, leftOver } = await play(story, CALLS);
    t.is(takenOver, CALLS);
    t.is(caller.good, CALLS, caller.output);
    t.is(callee.good, CALLS, callee.output);
    t.is(caller.failed + callee.failed, 0);
    t.deepEqual(leftOver, []);
  });

test.serial("a process whose calls another one has taken writes no more, and ends", async (t) => {
  const pair = await SbcPair.start(await freeUdpPort());
  t.teardown(() => pair.end());
  const [redis] = pair.redisPorts;
  const port = await freeUdpPort();
  const older = pair.startProcess(redis, port);
  await older.ready();
  await pair.startProcess(redis, await freeUdpPort()).ready();
  const directory = mkdtempSync(join(tmpdir(), "tandem-stories-"));
  const path = join(directory, "caller.xml");
  writeFileSync(path, scenario("caller", [...established, ...hangUp]));
  const caller = new Sipp([`127.0.0.1:${port}`, "-sf", path, "-m", "1"]);
  t.teardown(async () => {
    await caller.remove();
    rmSync(directory, { recursive: true, force: true });
  });
  t.is(await older.ended(), 3, older.said);
  t.regex(older.said, /another process has taken the calls/);
  t.deepEqual(await pair.leftOver(), []);
});
