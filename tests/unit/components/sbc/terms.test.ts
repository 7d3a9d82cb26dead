import test from "ava";
import type { LegTimer } from "../../../../components/sbc/call.ts";
import { responseTo } from "../../../../components/sbc/sip/responses.ts";
import {
  answerTerms,
  glareWaitMs,
  nextOf,
  offerOf,
  settledTerms,
  tooSmall,
} from "../../../../components/sbc/terms.ts";
import { invite } from "./sip/messages.ts";

const NOW = 1_000_000;
const SETTINGS = { sessionExpiresSeconds: 600, keepAliveSeconds: 60 };

const valueOf = (headers: ReturnType<typeof offerOf>, wanted: string): string | undefined =>
  headers.find(({ name }) => name === wanted)?.value;

test("a caller that knows session timers and takes UPDATE is refreshed by us", (t) => {
  const { headers, timer } = answerTerms(
    invite({ Supported: "timer", Allow: "INVITE, UPDATE", "Session-Expires": "900" }),
    SETTINGS,
    NOW,
  );
  t.is(valueOf(headers, "Session-Expires"), "600;refresher=uas");
  t.deepEqual(timer, { kind: "session", seconds: 600, weRefresh: true, since: NOW });
  t.deepEqual(nextOf(timer), { kind: "refresh", atMs: NOW + 300_000 });
});

test("one that takes no UPDATE refreshes by itself, and is given up when it does not", (t) => {
  const { headers, timer } = answerTerms(
    invite({ Supported: "timer", Allow: "INVITE", "Session-Expires": "900" }),
    SETTINGS,
    NOW,
  );
  t.is(valueOf(headers, "Session-Expires"), "600;refresher=uac");
  t.deepEqual(nextOf(timer), { kind: "giveUp", atMs: NOW + 568_000 });
});

test("a side that knows no session timers is asked, unless nobody wants it", (t) => {
  const { headers, timer } = answerTerms(invite({}), SETTINGS, NOW);
  t.is(valueOf(headers, "Session-Expires"), undefined);
  t.deepEqual(nextOf(timer), { kind: "keepAlive", atMs: NOW + 60_000 });
  const silent = settledTerms(
    responseTo(invite({}), { status: 200 }),
    { keepAliveSeconds: 0 },
    NOW,
  );
  t.is(nextOf(silent), undefined);
});

test("an interval below what we take is refused with what we take", (t) => {
  const short = invite({ Supported: "timer", "Session-Expires": "60" });
  t.is(valueOf(tooSmall(short, SETTINGS) ?? [], "Min-SE"), "90");
  t.is(tooSmall(invite({ Supported: "timer", "Session-Expires": "90" }), SETTINGS), undefined);
});

test("a refresh keeps the roles of the sides", (t) => {
  const theirs: LegTimer = { kind: "session", seconds: 600, weRefresh: false, since: NOW };
  t.is(valueOf(offerOf(SETTINGS, theirs), "Session-Expires"), "600;refresher=uas");
  t.is(valueOf(offerOf(SETTINGS), "Session-Expires"), "600");
  t.is(valueOf(offerOf(SETTINGS), "Supported"), "timer");
});

test("who made the Call-ID waits longer after a collision, in steps of 10 ms", (t) => {
  t.deepEqual(
    [0, 0.5, 1].map((chance) => glareWaitMs(true, chance)),
    [2_100, 3_050, 4_000],
  );
  t.deepEqual(
    [0, 0.333, 1].map((chance) => glareWaitMs(false, chance)),
    [0, 670, 2_000],
  );
});
