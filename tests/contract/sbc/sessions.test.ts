import test from "ava";
import type { ExecutionContext } from "ava";
import {
  agree,
  agreeWith,
  answerWith,
  inviteWithTimer,
  keepInvite,
  pause,
  receive,
  ring,
} from "./stories.ts";
import { established, hangUp, hungUp, picksUp, play } from "./takeover-stories.ts";

const CALLS = 20;
const phase = "confirmed";

const picksUpWith = (...headers: readonly string[]): readonly string[] => [
  ...[keepInvite, ring, answerWith("Require: timer", ...headers), receive("ACK")],
];

/** Plays a story, and looks whether both sides had it as they should and why the B2BUA ended calls by itself. */
const endsWell = async (
  t: ExecutionContext,
  story: Parameters<typeof play>[0],
  endedHere: Readonly<Record<string, number>>,
): Promise<void> => {
  const { caller, callee, stats } = await play(story, CALLS);
  t.is(caller.good, CALLS, caller.output);
  t.is(callee.good, CALLS, callee.output);
  t.deepEqual(stats.endedHere, endedHere);
};

test.serial(
  "a call ends when its longest duration is over, once, though a takeover came in between",
  async (t) => {
    await endsWell(
      t,
      {
        settings: { maxCallSeconds: 15 },
        caller: [...established, ...hungUp],
        callee: [...picksUp, ...hungUp],
        phase,
      },
      { callLength: CALLS },
    );
  },
);

test.serial("a session whose refresh is due after the takeover is refreshed once", async (t) => {
  await endsWell(
    t,
    {
      caller: [...established, pause(25_000), ...hangUp],
      callee: [
        ...picksUpWith("Allow: INVITE, UPDATE", "Session-Expires: 24;refresher=uac"),
        receive("UPDATE"),
        agreeWith("200 OK", "Require: timer", "Session-Expires: 1800;refresher=uac"),
        ...hungUp,
      ],
      phase,
    },
    {},
  );
});

test.serial(
  "a session that the side which is to refresh it does not refresh is ended",
  async (t) => {
    await endsWell(
      t,
      {
        caller: [...established, ...hungUp],
        callee: [...picksUpWith("Session-Expires: 6;refresher=uas"), ...hungUp],
        phase,
        undisturbed: true,
      },
      { sessionTimer: CALLS },
    );
  },
);

/** Of the two sides only one is asked: both at once would come in either order. */
const KEEP_ALIVE = { keepAliveSeconds: 8 };

test.serial("a side that knows no session timers is asked whether it lives", async (t) => {
  await endsWell(
    t,
    {
      settings: KEEP_ALIVE,
      caller: [...established, receive("OPTIONS"), agree, ...hangUp],
      callee: [...picksUpWith("Session-Expires: 1800;refresher=uac"), ...hungUp],
      phase,
      undisturbed: true,
    },
    {},
  );
});

test.serial("a call that a side has forgotten when it is asked is ended on both", async (t) => {
  await endsWell(
    t,
    {
      settings: KEEP_ALIVE,
      caller: [inviteWithTimer, ...established.slice(1), ...hungUp],
      callee: [
        ...picksUp,
        receive("OPTIONS"),
        agreeWith("481 Call/Transaction Does Not Exist"),
        ...hungUp,
      ],
      phase,
      undisturbed: true,
    },
    { keepAlive: CALLS },
  );
});
