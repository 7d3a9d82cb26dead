import test from "ava";
import {
  resumeInviteServer,
  startInviteServer,
  stepInviteServer,
} from "../../../../../components/sbc/sip/invite-server.ts";
import {
  startNonInviteServer,
  stepNonInviteServer,
} from "../../../../../components/sbc/sip/non-invite-server.ts";
import type { ServerEvent } from "../../../../../components/sbc/sip/transaction.ts";
import { ACK, answer, instants, INVITE, OPTIONS, SETTINGS, transcript } from "./machine-run.ts";

type Events = readonly (readonly [number, ServerEvent])[];

const inviteRun = (events: Events, reliable = false): readonly string[] =>
  transcript(startInviteServer(INVITE, reliable, 0, SETTINGS), stepInviteServer, events);

const optionsRun = (events: Events, reliable = false): readonly string[] =>
  transcript(startNonInviteServer(OPTIONS, reliable), stepNonInviteServer, events);

const says = (status: number, request = INVITE): ServerEvent => ({
  kind: "respond",
  response: answer(request, status),
});

const AGAIN: ServerEvent = { kind: "request", request: INVITE };
const ACKED: ServerEvent = { kind: "request", request: ACK };
const OPTIONS_AGAIN: ServerEvent = { kind: "request", request: OPTIONS };
const LOST: ServerEvent = { kind: "transportError" };

test("an INVITE is told, and answered by 100 when the core is silent for 200 ms", (t) => {
  t.deepEqual(
    inviteRun([
      [150, AGAIN],
      [300, AGAIN],
    ]),
    ["0 tells INVITE", "200 sends 100", "300 sends 100"],
  );
});

test("a core that answers in time sends no 100", (t) => {
  t.deepEqual(
    inviteRun([
      [100, says(180)],
      [600, AGAIN],
      [700, says(183)],
      [800, AGAIN],
    ]),
    ["0 tells INVITE", "100 sends 180", "600 sends 180", "700 sends 183", "800 sends 183"],
  );
});

test("timer G repeats a failure with intervals up to T2, timer H gives up waiting for the ACK", (t) => {
  const lines = inviteRun([[0, says(486)]]);
  t.deepEqual(
    instants(lines, "sends 486"),
    [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
  );
  t.deepEqual(lines.slice(-2), ["32000 fails: timeout", "32000 -> terminated"]);
});

test("a copy of the INVITE brings the failure out again", (t) => {
  t.deepEqual(
    instants(
      inviteRun([
        [0, says(486)],
        [100, AGAIN],
        [200, ACKED],
      ]),
      "sends 486",
    ),
    [0, 100],
  );
});

test("the ACK of a failure is not told; its copies and those of the INVITE are absorbed until timer I", (t) => {
  t.deepEqual(
    inviteRun([
      [0, says(603)],
      [50, ACKED],
      [60, ACKED],
      [70, AGAIN],
      [80, LOST],
    ]).slice(1),
    ["0 sends 603", "0 -> completed", "50 -> confirmed", "5050 -> terminated"],
  );
});

test("over a reliable transport a failure is sent once, and its ACK ends the transaction", (t) => {
  t.deepEqual(
    inviteRun(
      [
        [0, says(603)],
        [50, ACKED],
      ],
      true,
    ).slice(1),
    ["0 sends 603", "0 -> completed", "50 -> terminated"],
  );
  t.deepEqual(instants(inviteRun([[0, says(603)]], true), "fails: timeout"), [32_000]);
});

test("RFC 6026: after a 2xx copies of the INVITE are absorbed and the core's own copies pass, until timer L", (t) => {
  t.deepEqual(
    inviteRun([
      [0, says(200)],
      [100, AGAIN],
      [500, says(200)],
      [600, says(486)],
    ]).slice(1),
    ["0 sends 200", "0 -> accepted", "500 sends 200", "32000 -> terminated"],
  );
});

test("an ACK that comes within the transaction after a 2xx is the core's", (t) => {
  t.true(
    inviteRun([
      [0, says(200)],
      [9, ACKED],
    ]).includes("9 tells ACK"),
  );
});

test("an ACK before any final response means nothing", (t) => {
  t.deepEqual(
    inviteRun([
      [9, says(180)],
      [10, ACKED],
    ]).slice(2),
    [],
  );
});

test("a response that cannot be sent fails; after a 2xx the transaction stays (RFC 6026 section 8.8)", (t) => {
  t.deepEqual(
    inviteRun([
      [1, says(180)],
      [1, LOST],
    ]).slice(-1),
    ["1 -> terminated"],
  );
  t.deepEqual(
    inviteRun([
      [1, says(500)],
      [1, LOST],
    ]).slice(-1),
    ["1 -> terminated"],
  );
  t.deepEqual(
    inviteRun([
      [1, says(200)],
      [1, LOST],
    ]).slice(-2),
    ["1 fails: transportError", "32001 -> terminated"],
  );
});

test("an INVITE that another process took in goes on ringing", (t) => {
  const start = { state: resumeInviteServer(INVITE, false, answer(INVITE, 180)), actions: [] };
  t.deepEqual(
    transcript(start, stepInviteServer, [
      [40, AGAIN],
      [90, says(486)],
      [95, ACKED],
    ]),
    ["40 sends 180", "90 sends 486", "90 -> completed", "95 -> confirmed", "5095 -> terminated"],
  );
});

test("a request that is no INVITE is told once, and its copies bring the last response out", (t) => {
  t.deepEqual(
    optionsRun([
      [10, OPTIONS_AGAIN],
      [20, says(100, OPTIONS)],
      [30, OPTIONS_AGAIN],
      [40, says(200, OPTIONS)],
      [50, OPTIONS_AGAIN],
      [60, says(500, OPTIONS)],
    ]),
    [
      "0 tells OPTIONS",
      "20 sends 100",
      "20 -> proceeding",
      "30 sends 100",
      "40 sends 200",
      "40 -> completed",
      "50 sends 200",
      "32040 -> terminated",
    ],
  );
});

test("over a reliable transport timer J takes no time", (t) => {
  t.deepEqual(optionsRun([[40, says(200, OPTIONS)]], true).slice(1), [
    "40 sends 200",
    "40 -> terminated",
  ]);
});

test("a response to a request that is no INVITE fails when it cannot be sent", (t) => {
  for (const status of [100, 200])
    t.deepEqual(
      optionsRun([
        [1, says(status, OPTIONS)],
        [1, LOST],
      ]).slice(-2),
      ["1 fails: transportError", "1 -> terminated"],
    );
});

test("nothing wakes a transaction that has ended", (t) => {
  t.deepEqual(
    inviteRun([
      [0, says(486)],
      [32_001, AGAIN],
      [32_002, LOST],
    ]).slice(-1),
    ["32000 -> terminated"],
  );
  t.deepEqual(
    optionsRun([
      [0, says(200, OPTIONS)],
      [32_001, OPTIONS_AGAIN],
    ]).slice(-1),
    ["32000 -> terminated"],
  );
});
