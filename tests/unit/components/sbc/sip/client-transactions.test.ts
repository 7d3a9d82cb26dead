import test from "ava";
import {
  resumeInviteClient,
  startInviteClient,
  stepInviteClient,
} from "../../../../../components/sbc/sip/invite-client.ts";
import {
  startNonInviteClient,
  stepNonInviteClient,
} from "../../../../../components/sbc/sip/non-invite-client.ts";
import type { ClientEvent } from "../../../../../components/sbc/sip/transaction.ts";
import { headerValue } from "../../../../../components/sbc/sip/header.ts";
import {
  answer,
  instants,
  INVITE,
  OPTIONS,
  SETTINGS,
  TCP,
  transcript,
  UDP,
} from "./machine-run.ts";
import { invite, parsedRequest } from "./messages.ts";

type Events = readonly (readonly [number, ClientEvent])[];

const inviteRun = (events: Events = [], path = UDP): readonly string[] =>
  transcript(startInviteClient(INVITE, path, 0, SETTINGS), stepInviteClient, events);

const optionsRun = (events: Events = [], path = UDP): readonly string[] =>
  transcript(startNonInviteClient(OPTIONS, path, 0, SETTINGS), stepNonInviteClient, events);

const got = (status: number, request = INVITE): ClientEvent => ({
  kind: "response",
  response: answer(request, status),
});

const LOST: ClientEvent = { kind: "transportError" };

test("timer A doubles without end, timer B gives up after 64*T1", (t) => {
  const lines = inviteRun();
  t.deepEqual(instants(lines, "sends INVITE"), [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
  t.deepEqual(lines.slice(-2), ["32000 fails: timeout", "32000 -> terminated"]);
});

test("over a reliable transport the INVITE is sent once", (t) => {
  t.deepEqual(inviteRun([], TCP), [
    "0 sends INVITE",
    "32000 fails: timeout",
    "32000 -> terminated",
  ]);
});

test("a provisional response stops timers A and B; the INVITE may ring as long as it likes", (t) => {
  t.deepEqual(
    inviteRun([
      [700, got(180)],
      [3_600_000, got(183)],
    ]),
    [
      "0 sends INVITE",
      "500 sends INVITE",
      "700 tells 180",
      "700 -> proceeding",
      "3600000 tells 183",
    ],
  );
});

test("a failure is acknowledged at once, and again for each copy until timer D", (t) => {
  for (const first of [[], [[100, got(180)]]] satisfies Events[])
    t.deepEqual(
      inviteRun([
        ...first,
        [200, got(486)],
        [700, got(486)],
        [800, got(180)],
        [900, got(200)],
      ]).slice(-5),
      [
        "200 sends ACK",
        "200 tells 486",
        "200 -> completed",
        "700 sends ACK",
        "32200 -> terminated",
      ],
    );
});

test("over a reliable transport a failure ends the transaction at once", (t) => {
  t.deepEqual(inviteRun([[200, got(486)]], TCP), [
    "0 sends INVITE",
    "200 sends ACK",
    "200 tells 486",
    "200 -> terminated",
  ]);
});

test("RFC 6026: 2xx keep coming to the core until timer M, from each branch of a fork", (t) => {
  for (const events of [
    [[100, got(200)]],
    [
      [50, got(180)],
      [100, got(200)],
    ],
  ] satisfies Events[])
    t.deepEqual(inviteRun([...events, [600, got(200)], [700, got(486)]]).slice(-4), [
      "100 tells 200",
      "100 -> accepted",
      "600 tells 200",
      "32100 -> terminated",
    ]);
});

test("what cannot be sent fails, but not after the answer of a callee", (t) => {
  t.deepEqual(inviteRun([[0, LOST]]).slice(1), ["0 fails: transportError", "0 -> terminated"]);
  t.deepEqual(
    inviteRun([
      [10, got(486)],
      [10, LOST],
    ]).slice(-2),
    ["10 fails: transportError", "10 -> terminated"],
  );
  t.deepEqual(
    instants(
      inviteRun([
        [10, got(200)],
        [10, LOST],
      ]),
      "fails: transportError",
    ),
    [],
  );
  t.deepEqual(
    instants(
      inviteRun([
        [10, got(180)],
        [10, LOST],
      ]),
      "fails: transportError",
    ),
    [],
  );
});

test("an INVITE that another process sent goes on where it was", (t) => {
  const start = { state: resumeInviteClient(INVITE, UDP), actions: [] };
  t.deepEqual(
    transcript(start, stepInviteClient, [
      [5, got(180)],
      [9, got(404)],
    ]),
    ["5 tells 180", "9 sends ACK", "9 tells 404", "9 -> completed", "32009 -> terminated"],
  );
});

test("the ACK of a failure has the Via, the routes and the number of the INVITE, and the To of the response", (t) => {
  const request = invite({ Route: "<sip:10.0.0.1;lr>", "Max-Forwards": "3" });
  const { state } = startInviteClient(request, UDP, 0, SETTINGS);
  const step = stepInviteClient(
    state,
    { kind: "response", response: answer(request, 404) },
    1,
    SETTINGS,
  );
  const [sent] = step.actions;
  const ack = parsedRequest(sent?.kind === "send" ? sent.bytes : Buffer.alloc(0));
  t.is(ack.uri, request.uri);
  t.deepEqual(ack.vias, [request.vias[0]]);
  t.deepEqual(ack.cseq, { sequence: 1, method: "ACK" });
  t.deepEqual(ack.to.params, [{ name: "tag", value: "b" }]);
  t.is(headerValue(ack, "Route"), "<sip:10.0.0.1;lr>");
  t.is(headerValue(ack, "Max-Forwards"), "70");
});

test("timer E doubles up to T2, timer F gives up after 64*T1", (t) => {
  const lines = optionsRun();
  t.deepEqual(
    instants(lines, "sends OPTIONS"),
    [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
  );
  t.deepEqual(lines.slice(-2), ["32000 fails: timeout", "32000 -> terminated"]);
});

test("a provisional response slows timer E to T2, and does not stop timer F", (t) => {
  const lines = optionsRun([[600, got(100, OPTIONS)]]);
  t.deepEqual(
    instants(lines, "sends OPTIONS"),
    [0, 500, 1_500, 5_500, 9_500, 13_500, 17_500, 21_500, 25_500, 29_500],
  );
  t.deepEqual(instants(lines, "fails: timeout"), [32_000]);
});

test("a final response is told once, its copies are absorbed until timer K", (t) => {
  for (const first of [[], [[50, got(100, OPTIONS)]]] satisfies Events[])
    t.deepEqual(
      optionsRun([...first, [100, got(200, OPTIONS)], [300, got(200, OPTIONS)]]).slice(-3),
      ["100 tells 200", "100 -> completed", "5100 -> terminated"],
    );
});

test("over a reliable transport nothing is repeated and nothing is waited for", (t) => {
  t.deepEqual(optionsRun([[100, got(404, OPTIONS)]], TCP), [
    "0 sends OPTIONS",
    "100 tells 404",
    "100 -> terminated",
  ]);
  t.deepEqual(instants(optionsRun([], TCP), "sends OPTIONS"), [0]);
});

test("a request that cannot be sent fails, whatever it waits for", (t) => {
  t.deepEqual(optionsRun([[0, LOST]]).slice(1), ["0 fails: transportError", "0 -> terminated"]);
  t.deepEqual(
    optionsRun([
      [10, got(100, OPTIONS)],
      [20, LOST],
    ]).slice(-2),
    ["20 fails: transportError", "20 -> terminated"],
  );
  t.deepEqual(
    instants(
      optionsRun([
        [10, got(200, OPTIONS)],
        [20, LOST],
      ]),
      "fails: transportError",
    ),
    [],
  );
});

test("nothing wakes a transaction that has ended", (t) => {
  t.deepEqual(
    inviteRun([
      [32_001, got(200)],
      [32_002, LOST],
    ]).slice(-1),
    ["32000 -> terminated"],
  );
  t.deepEqual(optionsRun([[32_001, got(200, OPTIONS)]]).slice(-1), ["32000 -> terminated"]);
});
