import test from "ava";
import type { Header } from "../../../../../components/sbc/sip/header.ts";
import { responseTo } from "../../../../../components/sbc/sip/responses.ts";
import {
  afterTooSmall,
  answerSessionTimer,
  minSeOf,
  refresherIfWeSend,
  sessionDeadlineMs,
  sessionEndMs,
  sessionExpiresOf,
  sessionTimerOffer,
  settledSessionTimer,
} from "../../../../../components/sbc/sip/session-timer.ts";
import { INVITE } from "./machine-run.ts";
import { invite } from "./messages.ts";

const POLICY = { expiresSeconds: 1_800, minSeconds: 120 };
const DEFAULTS = { expiresSeconds: 1_800, minSeconds: 90 };

const lines = (headers: readonly Header[]): readonly string[] =>
  headers.map(({ name, value }) => `${name}: ${value}`);

const response = (headers: readonly Header[], status = 200) =>
  responseTo(INVITE, { status, toTag: "b", headers });

test("Session-Expires and Min-SE are read, also in the compact form; nonsense is as good as nothing", (t) => {
  t.deepEqual(sessionExpiresOf(invite({ x: "4000;Refresher=UAC" })), {
    seconds: 4_000,
    refresher: "uac",
  });
  t.deepEqual(sessionExpiresOf(invite({ "Session-Expires": "90;refresher=me" })), {
    seconds: 90,
    refresher: undefined,
  });
  for (const value of ["", "soon", "-1", "90 refresher=uac", "99999999999"])
    t.is(sessionExpiresOf(invite({ "Session-Expires": value })), undefined, value);
  t.is(minSeOf(invite({ "Min-SE": "3600;x=y" })), 3_600);
  t.is(minSeOf(invite({ "Min-SE": "10" })), 90);
  t.is(minSeOf(invite()), 90);
});

test("a callee answers by table 2 of RFC 4028", (t) => {
  const cases: readonly [Readonly<Record<string, string>>, readonly string[]][] = [
    [{}, ["Session-Expires: 1800;refresher=uas"]],
    [{ "Session-Expires": "900" }, ["Session-Expires: 900;refresher=uas"]],
    [
      { Supported: "timer", "Session-Expires": "900" },
      ["Require: timer", "Session-Expires: 900;refresher=uas"],
    ],
    [
      { Supported: "timer", "Session-Expires": "900;refresher=uac" },
      ["Require: timer", "Session-Expires: 900;refresher=uac"],
    ],
    [
      { Require: "timer", "Session-Expires": "900;refresher=uas" },
      ["Require: timer", "Session-Expires: 900;refresher=uas"],
    ],
    // A proxy names the caller though the caller knows nothing: the callee refreshes.
    [{ "Session-Expires": "900;refresher=uac" }, ["Session-Expires: 900;refresher=uas"]],
  ];
  for (const [headers, expected] of cases) {
    const answer = answerSessionTimer(invite(headers), POLICY);
    t.deepEqual(answer.kind === "accepted" ? lines(answer.headers) : [], expected);
    t.is(answer.kind === "accepted" && answer.timer.weRefresh, expected.join().includes("uas"));
  }
});

test("an interval is shortened to what we want, not below what is forbidden, and never made longer", (t) => {
  const seconds = (headers: Readonly<Record<string, string>>): number => {
    const answer = answerSessionTimer(invite(headers), POLICY);
    return answer.kind === "accepted" ? answer.timer.seconds : 0;
  };
  t.is(seconds({ Supported: "timer", "Session-Expires": "7200" }), 1_800);
  t.is(seconds({ Supported: "timer", "Session-Expires": "7200", "Min-SE": "3600" }), 3_600);
  t.is(seconds({ Supported: "timer", "Min-SE": "3600" }), 3_600);
  t.is(seconds({ "Session-Expires": "100" }), 100);
});

test("too small an interval is refused, but only to a caller that understands why", (t) => {
  const answer = answerSessionTimer(
    invite({ Supported: "timer", "Session-Expires": "100" }),
    POLICY,
  );
  t.deepEqual(answer, { kind: "tooSmall", headers: [{ name: "Min-SE", value: "120" }] });
  t.is(answerSessionTimer(invite({ "Session-Expires": "100" }), POLICY).kind, "accepted");
});

test("a caller offers, and after a 422 asks for more", (t) => {
  t.deepEqual(lines(sessionTimerOffer(DEFAULTS)), ["Session-Expires: 1800"]);
  t.deepEqual(lines(sessionTimerOffer({ expiresSeconds: 60, minSeconds: 120 }, "uas")), [
    "Session-Expires: 120;refresher=uas",
    "Min-SE: 120",
  ]);
  const refused = response([{ name: "Min-SE", value: "3600" }], 422);
  t.deepEqual(afterTooSmall(DEFAULTS, refused), { expiresSeconds: 3_600, minSeconds: 3_600 });
});

test("what the 2xx says holds; a callee that says nothing leaves the refreshes to us", (t) => {
  const settled = (value: string) =>
    settledSessionTimer(response([{ name: "Session-Expires", value }]), DEFAULTS);
  t.deepEqual(settled("600;refresher=uac"), { seconds: 600, weRefresh: true });
  t.deepEqual(settled("600;refresher=uas"), { seconds: 600, weRefresh: false });
  t.deepEqual(settled("600"), { seconds: 600, weRefresh: true });
  t.deepEqual(settledSessionTimer(response([]), DEFAULTS), { seconds: 1_800, weRefresh: true });
});

test("the refresher keeps its duty, whoever sends the next request", (t) => {
  t.is(refresherIfWeSend({ seconds: 600, weRefresh: true }), "uac");
  t.is(refresherIfWeSend({ seconds: 600, weRefresh: false }), "uas");
});

test("a refresh is due after half the interval; who waits for it gives up a third before the end, 32 s at most", (t) => {
  const at = (seconds: number, weRefresh: boolean) =>
    sessionDeadlineMs({ seconds, weRefresh }, 5_000);
  t.deepEqual(at(1_800, true), { kind: "refresh", atMs: 905_000 });
  t.deepEqual(at(1_800, false), { kind: "giveUp", atMs: 1_773_000 });
  t.deepEqual(at(90, false), { kind: "giveUp", atMs: 65_000 });
  t.is(sessionEndMs({ seconds: 90, weRefresh: true }, 5_000), 65_000);
});
