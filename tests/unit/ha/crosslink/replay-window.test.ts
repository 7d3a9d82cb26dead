import test from "ava";

import type { ReceivedHeartbeat } from "../../../../ha/core/heartbeat.ts";
import { millis } from "../../../../ha/core/time.ts";
import { ReplayWindow } from "../../../../ha/crosslink/replay-window.ts";

const OWN = "00000000000000aa";
const FIRST = "00000000000000b1";
const SECOND = "00000000000000b2";

const heard = (session: string, sequence: number, echoSession?: string): ReceivedHeartbeat => ({
  node: "sp2",
  role: "standby",
  term: 1,
  handover: "none",
  forced: false,
  eligible: true,
  willing: true,
  lastHeldTerm: 0,
  inSync: true,
  lanCarrier: true,
  pingNodesReached: 2,
  understands: true,
  pairServed: true,
  session,
  sequence,
  echoSession,
  echoSequence: 0,
  deadMs: millis(250),
  sharedAddressesHash: "h",
  version: "1",
  configuration: undefined,
});

test("the first copy is news, the one on the other link shows that link, a third is a replay", (t) => {
  const window = new ReplayWindow(OWN);
  t.is(window.admit("crosslink", heard(FIRST, 1), 0), "first");
  t.is(window.admit("lan", heard(FIRST, 1), 1), "copy");
  t.is(window.admit("lan", heard(FIRST, 1), 2), "replayed");
  t.is(window.admit("crosslink", heard(FIRST, 1), 2), "replayed");
  t.is(window.sequence, 1);
});

test("a link that lags a little is alive, one that lags too much is not", (t) => {
  const window = new ReplayWindow(OWN);
  for (const sequence of [1, 2, 3, 4, 5, 6]) window.admit("crosslink", heard(FIRST, sequence), 0);
  t.is(window.admit("lan", heard(FIRST, 2), 1), "replayed");
  t.is(window.admit("lan", heard(FIRST, 3), 1), "copy");
  t.is(window.sequence, 6);
});

test("sequences may be lost, and never run backwards", (t) => {
  const window = new ReplayWindow(OWN);
  t.is(window.admit("lan", heard(FIRST, 5), 0), "first");
  t.is(window.admit("lan", heard(FIRST, 900), 1), "first");
  t.is(window.admit("lan", heard(FIRST, 899), 2), "replayed");
});

test("a new session begins when it echoes ours, or when the old one is silent", (t) => {
  const window = new ReplayWindow(OWN);
  window.admit("crosslink", heard(FIRST, 500), 0);
  t.is(window.admit("crosslink", heard(SECOND, 1), 50), "replayed");
  t.is(window.admit("crosslink", heard(SECOND, 2, OWN), 51), "first");
  t.is(window.session, SECOND);

  const restarted = new ReplayWindow(OWN);
  restarted.admit("crosslink", heard(FIRST, 500), 0);
  t.is(restarted.admit("crosslink", heard(SECOND, 1), 100), "first");
});

test("a session that was replaced never comes back", (t) => {
  const window = new ReplayWindow(OWN);
  window.admit("crosslink", heard(FIRST, 500), 0);
  window.admit("crosslink", heard(SECOND, 1), 200);
  t.is(window.admit("crosslink", heard(FIRST, 501, OWN), 1_000), "replayed");
  t.is(window.session, SECOND);
});
