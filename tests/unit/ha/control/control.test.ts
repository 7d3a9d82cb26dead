import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import {
  connectControl,
  ControlAnswerError,
  ControlTimeoutError,
  DaemonNotRunningError,
} from "../../../../ha/control/client.ts";
import { CommandDesk } from "../../../../ha/control/command-desk.ts";
import type { Status } from "../../../../ha/control/contract.ts";
import type { ServerParts } from "../../../../ha/control/server.ts";
import { serve } from "../../../../ha/control/server.ts";
import type { Happening } from "../../../../ha/loop.ts";

const STATUS = { node: "sp1", role: "active", term: 3 } as Status;

const parts = (given: Partial<ServerParts>): ServerParts => ({
  status: () => Promise.resolve(STATUS),
  submit: (command) =>
    Promise.resolve({ outcome: "done", code: null, sentence: JSON.stringify(command) }),
  components: () => Promise.resolve([]),
  order: (name, action) =>
    Promise.resolve({ outcome: "done", code: null, sentence: `${action} ${name}`, affected: [] }),
  recording: async function* () {
    yield await Promise.resolve("first\n");
    yield "second\n";
  },
  lookAtConfiguration: () => Promise.resolve(),
  ...given,
});

const withFolder = async (body: (socket: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "control-"));
  try {
    await body(join(folder, "control.sock"));
  } finally {
    await rm(folder, { recursive: true });
  }
};

const served = (given: Partial<ServerParts>, body: (socket: string) => Promise<void>) =>
  withFolder(async (socket) => {
    const end = await serve(parts(given), socket, "root");
    try {
      await body(socket);
    } finally {
      await end();
    }
  });

test("each request of the contract arrives as the tool meant it", async (t) => {
  await served({}, async (socket) => {
    const control = connectControl(socket);
    t.deepEqual(await control.status(), STATUS);
    t.deepEqual(await control.components(), []);
    t.is(await control.recording(), "first\nsecond\n");
    const active = await control.makeActive({ force: true, timeoutMs: 100 });
    t.deepEqual(JSON.parse(active.sentence), { kind: "makeActive", force: true });
    const standby = await control.makeStandby({ force: false, hold: true, timeoutMs: 100 });
    t.deepEqual(JSON.parse(standby.sentence), { kind: "makeStandby", force: false, hold: true });
    t.deepEqual(JSON.parse((await control.releaseHold()).sentence), { kind: "releaseHold" });
    t.is((await control.component("lb", "stop")).sentence, "stop lb");
  });
});

test("the socket belongs to root and its group, and to nobody else", async (t) => {
  await served({}, async (socket) => {
    t.is((await stat(socket)).mode & 0o777, 0o660);
  });
});

test("a socket that a killed daemon left is taken over", async (t) => {
  await withFolder(async (socket) => {
    await writeFile(socket, "");
    const end = await serve(parts({}), socket, "no-such-group");
    t.deepEqual(await connectControl(socket).status(), STATUS);
    await end();
  });
});

test("an unknown action is an error of its own", async (t) => {
  await served({}, async (socket) => {
    const order = connectControl(socket).component("lb", "explode" as "stop");
    await t.throwsAsync(order, { instanceOf: ControlAnswerError });
  });
});

test("no socket and a socket without a daemon both say that the daemon does not run", async (t) => {
  await withFolder(async (socket) => {
    const asked = (): Promise<Status> => connectControl(socket).status();
    await t.throwsAsync(asked(), {
      instanceOf: DaemonNotRunningError,
      message: /not running on this node/,
    });
    await writeFile(socket, "");
    await t.throwsAsync(asked(), { instanceOf: DaemonNotRunningError });
  });
});

test("a daemon that hangs is told apart from one that does not run", async (t) => {
  await withFolder(async (socket) => {
    const deaf = createServer(() => undefined);
    await new Promise<void>((resolve) => {
      deaf.listen(socket, resolve);
    });
    const asked = connectControl(socket).makeActive({ force: false, timeoutMs: 10 });
    await t.throwsAsync(asked, { instanceOf: ControlTimeoutError });
    deaf.close();
  });
});

test("a command waits for the answer of the core, and not for another's", async (t) => {
  const posted: Happening[] = [];
  const desk = new CommandDesk((happening) => posted.push(happening));
  const first = desk.submit({ kind: "releaseHold" }, 5_000);
  const second = desk.submit({ kind: "makeActive", force: false }, 5_000);
  t.like(posted, [{ id: 1 }, { id: 2 }]);
  desk.answer({
    kind: "answerCommand",
    id: 2,
    outcome: "refused",
    code: "NGCP_BUSY",
    sentence: "busy",
  });
  desk.answer({ kind: "answerCommand", id: 1, outcome: "done", code: undefined, sentence: "yes" });
  t.deepEqual(await second, { outcome: "refused", code: "NGCP_BUSY", sentence: "busy" });
  t.deepEqual(await first, { outcome: "done", code: null, sentence: "yes" });
});

test("a command that the core does not answer is told as not done in time", async (t) => {
  const desk = new CommandDesk(() => undefined);
  const answer = await desk.submit({ kind: "makeActive", force: false }, 20);
  t.is(answer.outcome, "timedOut");
});
