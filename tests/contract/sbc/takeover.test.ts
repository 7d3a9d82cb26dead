import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { until } from "../sip/until.ts";
import { freeUdpPort, SbcPair } from "./pair.ts";
import { Sipp } from "./sipp.ts";
import {
  PAUSE,
  REST,
  ack,
  ackFailure,
  agree,
  answer,
  answerAgain,
  bye,
  calleeBye,
  cancel,
  hear,
  invite,
  inviteInVain,
  keepInvite,
  mayHear,
  receive,
  ring,
  scenario,
  terminated,
} from "./stories.ts";

const CALLS = 20;
const LIMIT_MS = 60_000;

interface Story {
  readonly title: string;
  readonly caller: readonly string[];
  readonly callee: readonly string[];
  /** The phase in which the records of all calls are when the active node dies. */
  readonly phase: string;
  /** The callee comes after the takeover: nobody has heard the first INVITE. */
  readonly late?: true;
}

const begin = [invite(1, false), mayHear(100, "invite1"), hear(180, "invite1")];
const established = [...begin, hear(200, "invite1"), ack(1)];
const hangUp = [bye(3), hear(200, "bye"), REST];
const picksUp = [keepInvite, ring, answer, receive("ACK")];
const hungUp = [receive("BYE"), agree, REST];

const STORIES: readonly Story[] = [
  {
    title: "calls that nobody has heard of yet reach the callee by the same INVITE",
    caller: [...established, ...hangUp],
    callee: [...picksUp, ...hungUp],
    phase: "calling",
    late: true,
  },
  {
    title: "established calls",
    caller: [...established, PAUSE, ...hangUp],
    callee: [...picksUp, ...hungUp],
    phase: "confirmed",
  },
  {
    title: "established calls: the caller holds them by a re-INVITE, then the callee hangs up",
    caller: [
      ...established,
      PAUSE,
      invite(2, true),
      mayHear(100, "invite2"),
      hear(200, "invite2"),
      ack(2),
      receive("BYE"),
      agree,
      REST,
    ],
    callee: [
      ...picksUp,
      receive("INVITE"),
      answerAgain,
      receive("ACK"),
      calleeBye,
      hear(200),
      REST,
    ],
    phase: "confirmed",
  },
  {
    title: "ringing calls are answered after the takeover",
    caller: [...established, ...hangUp],
    callee: [keepInvite, ring, PAUSE, answer, receive("ACK"), ...hungUp],
    phase: "early",
  },
  {
    title: "ringing calls are cancelled after the takeover",
    caller: [
      ...[inviteInVain, mayHear(100), hear(180), PAUSE],
      ...[cancel, hear(200), hear(487)],
      ackFailure,
      REST,
    ],
    callee: [keepInvite, ring, receive("CANCEL"), agree, terminated, receive("ACK"), REST],
    phase: "early",
  },
  {
    title: "calls between 2xx and ACK",
    caller: [...begin, hear(200, "invite1"), PAUSE, ack(1), ...hangUp],
    callee: [...picksUp, ...hungUp],
    phase: "answered",
  },
  {
    title: "calls whose BYE is between the legs",
    caller: [...established, ...hangUp],
    callee: [...picksUp, receive("BYE"), PAUSE, agree, REST],
    phase: "ended",
  },
];

const play = async (t: ExecutionContext, story: Story): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "tandem-stories-"));
  const calleePort = await freeUdpPort();
  const pair = await SbcPair.start(calleePort);
  const file = (side: "caller" | "callee"): string => {
    const path = join(directory, `${side}.xml`);
    writeFileSync(path, scenario(side, story[side]));
    return path;
  };
  const limits = ["-m", String(CALLS), "-timeout", "55s", "-timeout_error"];
  const answers = (): Sipp =>
    new Sipp(["-sf", file("callee"), "-p", String(calleePort), ...limits]);
  const early = story.late === true ? undefined : answers();
  const caller = new Sipp([
    `127.0.0.1:${pair.port}`,
    ...["-sf", file("caller"), "-r", String(CALLS), ...limits],
  ]);
  t.teardown(async () => {
    await Promise.all([caller.remove(), early?.remove(), pair.end()]);
    rmSync(directory, { recursive: true, force: true });
  });
  await until(async () => (await pair.phases())[story.phase] === CALLS, LIMIT_MS);
  t.is(await pair.failOver(), CALLS);
  const callee = early ?? answers();
  t.teardown(() => callee.remove());
  t.is(await caller.ended(), 0, caller.output);
  t.is(await callee.ended(), 0, callee.output);
  await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
};

for (const story of STORIES)
  test.serial(`kill -9 of process and Redis: ${story.title}`, async (t) => {
    await play(t, story);
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
