import test from "ava";
import fc from "fast-check";
import { Agenda } from "../../../../components/sbc/registrations/agenda.ts";
import { afterRegister } from "../../../../components/sbc/registrations/outcome.ts";
import type { Attempt } from "../../../../components/sbc/registrations/outcome.ts";
import { reconciled } from "../../../../components/sbc/registrations/reconcile.ts";
import {
  restoreRegistration,
  serializeRegistration,
} from "../../../../components/sbc/registrations/registration.ts";
import type {
  Account,
  Registration,
} from "../../../../components/sbc/registrations/registration.ts";
import { nextRegister } from "../../../../components/sbc/registrations/request.ts";
import { responseTo } from "../../../../components/sbc/sip/responses.ts";
import type { Header } from "../../../../components/sbc/sip/header.ts";
import type { SipResponse } from "../../../../components/sbc/sip/message.ts";
import { Vault } from "../../../../components/sbc/vault.ts";

const vault = new Vault("secret of the pair");
const START = 1_700_000_000_000;
const EXPIRES_S = 600;

const accountNo = (index: number, more: Partial<Account> = {}): Account => ({
  id: `account-${index}`,
  subscriber: `user${index}@test.invalid`,
  username: `user${index}`,
  password: "word",
  registrar: "isp.invalid",
  target: { address: "192.0.2.9", port: 5060 },
  transport: "udp",
  number: String(4_930_000 + index),
  ...more,
});

const making = (nowMs = START) => ({ nowMs, vault, newCallId: () => `call-${Math.random()}` });

const fresh = (account = accountNo(1)): Registration => {
  const [registration] = reconciled(new Map(), [account], making());
  if (registration === undefined) throw new Error("no registration");
  return registration;
};

const sending = {
  via: { transport: "UDP", host: "127.0.0.1", port: 5080, params: [] },
  ...{ tag: "tag", cnonce: "cnonce", publicHost: "198.51.100.1", password: "word" },
  expiresSeconds: EXPIRES_S,
};

const answer = (
  registration: Registration,
  status: number,
  headers: readonly Header[] = [],
): SipResponse =>
  responseTo(nextRegister(registration, sending).request, { status, toTag: "peer", headers });

const attemptOf = ({ leaving, sealed }: Registration, more: Partial<Attempt> = {}): Attempt => ({
  ...{ tries: 0, answering: false, sealed },
  leaving: leaving === true,
  ...more,
});

const at = (nowMs = START, chance = 0.5) => ({ nowMs, expiresSeconds: EXPIRES_S, chance });

const CHALLENGE = {
  name: "WWW-Authenticate",
  value: 'Digest realm="isp", nonce="n1", algorithm=SHA-256, qop="auth"',
};

test("no second holds more than the rate, and each account comes once an interval", (t) => {
  fc.assert(
    fc.property(
      fc.record({
        perSecond: fc.integer({ min: 1, max: 200 }),
        share: fc.double({ min: 0.05, max: 0.6, noNaN: true }),
        overdue: fc.double({ min: 0, max: 1, noNaN: true }),
        seed: fc.integer({ min: 1, max: 2 ** 30 }),
      }),
      ({ perSecond, share, overdue, seed }) => {
        let state = seed;
        const chance = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
        // Of what the rate can carry, a part.
        const count = Math.max(1, Math.floor(perSecond * EXPIRES_S * 0.7 * share * 0.1));
        const agenda = new Agenda();
        const registrations = new Map<string, Registration>();
        for (let index = 0; index < count; index += 1) {
          const registration = fresh(accountNo(index));
          const { id } = registration;
          const expiresAt = START + EXPIRES_S * 1_000;
          const dueAt = chance() < overdue ? START - 5_000 : START + chance() * 400_000;
          registrations.set(id, { ...registration, dueAt, expiresAt });
          agenda.set(id, dueAt);
        }
        const sentAt: number[] = [];
        const last = new Map<string, number>();
        const end = START + 3 * EXPIRES_S * 1_000;
        for (let now = START; now < end; now = Math.max(now, agenda.nextAt)) {
          const id = agenda.take(now, perSecond);
          const registration = id === undefined ? undefined : registrations.get(id);
          if (id === undefined || registration === undefined) continue;
          const before = last.get(id);
          if (before !== undefined) {
            t.true(now - before >= 0.7 * EXPIRES_S * 1_000 - 1);
            t.true(now - before <= EXPIRES_S * 1_000);
          }
          last.set(id, now);
          sentAt.push(now);
          const outcome = afterRegister(
            registration,
            attemptOf(registration),
            answer(registration, 200, [{ name: "Expires", value: String(EXPIRES_S) }]),
            at(now, chance()),
          );
          registrations.set(id, outcome.registration);
          agenda.set(id, outcome.registration.dueAt);
        }
        t.is(last.size, count);
        for (const [index, first] of sentAt.entries()) {
          const next = sentAt[index + perSecond];
          // As many as the rate have gone: the next one belongs to another second.
          if (next !== undefined) t.true(next - first >= 1_000);
        }
      },
    ),
    { numRuns: 10 },
  );
});

test("a peer that has asked for something is answered before all that is overdue", (t) => {
  const agenda = new Agenda();
  for (const [index, id] of ["a", "b", "c"].entries()) agenda.set(id, START - 3 + index);
  t.is(agenda.take(START, 10), "a");
  agenda.setFirst("a");
  t.is(agenda.take(START + 99, 10), undefined);
  t.is(agenda.nextAt, START + 100);
  t.is(agenda.take(START + 100, 10), "a");
  t.is(agenda.take(START + 200, 10), "b");
});

test("it is registered for as long as the peer grants, and renewed before", (t) => {
  const registration = fresh();
  const contact = `<sip:${registration.number}@198.51.100.1>;expires=120`;
  const headers = [
    { name: "Contact", value: `<sip:other@192.0.2.1>;expires=9, ${contact}` },
    { name: "Expires", value: "3600" },
  ];
  const granted = answer(registration, 200, headers);
  const outcome = afterRegister(registration, attemptOf(registration), granted, at());
  t.is(outcome.next, "later");
  t.is(outcome.registration.expiresAt, START + 120_000);
  t.is(outcome.registration.dueAt, START + 96_000);
});

test("a challenge is answered at once, and its session serves the next REGISTER too", (t) => {
  const registration = fresh();
  const asked = answer(registration, 401, [CHALLENGE]);
  const challenged = afterRegister(registration, attemptOf(registration), asked, at());
  t.is(challenged.next, "again");
  const second = nextRegister(challenged.registration, sending);
  const third = nextRegister(second.registration, sending);
  t.deepEqual([second.request.cseq.sequence, third.request.cseq.sequence], [1, 2]);
  t.is(second.request.callId, third.request.callId);
  const credentials = (request: typeof second.request): string =>
    request.headers.find(({ name }) => name === "Authorization")?.value ?? "";
  t.regex(credentials(second.request), /algorithm=SHA-256.*nc=00000001/);
  t.regex(credentials(third.request), /nc=00000002/);
});

test("what was answered by an old nonce is asked anew; what was just answered is a wrong password", (t) => {
  const registration = fresh();
  const asked = answer(registration, 401, [CHALLENGE]);
  const known = afterRegister(registration, attemptOf(registration), asked, at()).registration;
  t.is(afterRegister(known, attemptOf(known), asked, at()).next, "again");
  const answering = attemptOf(known, { answering: true, tries: 1 });
  const refused = afterRegister(known, answering, asked, at());
  t.is(refused.next, "later");
  t.is(refused.registration.reason, "user name or password is wrong");
  t.is(refused.registration.session, undefined);
  const stale = { ...CHALLENGE, value: `${CHALLENGE.value}, stale=true` };
  const again = answer(known, 401, [stale]);
  t.is(afterRegister(known, answering, again, at()).next, "again");
  const endless = attemptOf(known, { answering: true, tries: 3 });
  t.is(afterRegister(known, endless, again, at()).next, "later");
});

test("another realm does not learn the password", (t) => {
  const registration = fresh(accountNo(1, { realm: "other" }));
  const asked = answer(registration, 401, [CHALLENGE]);
  const outcome = afterRegister(registration, attemptOf(registration), asked, at());
  t.is(outcome.registration.reason, "asks for the password of another realm: isp");
  t.is(outcome.registration.session, undefined);
});

test("an interval that is too short for the peer is kept longer from then on", (t) => {
  const registration = fresh();
  const brief = (seconds: string): SipResponse =>
    answer(registration, 423, [{ name: "Min-Expires", value: seconds }]);
  const longer = afterRegister(registration, attemptOf(registration), brief("900"), at());
  t.is(longer.next, "again");
  t.is(longer.registration.minExpires, 900);
  for (const seconds of [String(EXPIRES_S), "0", "never", "999999999"]) {
    const refused = afterRegister(registration, attemptOf(registration), brief(seconds), at());
    t.is(refused.next, "later");
    t.is(refused.registration.reason, "423 Interval Too Brief");
  }
});

test("who fails waits twice as long each time, half an hour at most, or as long as the peer says", (t) => {
  let registration = fresh();
  const waits: number[] = [];
  for (let failures = 1; failures <= 9; failures += 1) {
    const outcome = afterRegister(registration, attemptOf(registration), undefined, at(START, 0));
    registration = outcome.registration;
    waits.push((registration.dueAt - START) / 1_000);
  }
  t.deepEqual(waits, [30, 60, 120, 240, 480, 960, 1_800, 1_800, 1_800]);
  t.is(registration.reason, "does not answer");
  const busy = answer(registration, 503, [{ name: "Retry-After", value: "7 (maintenance)" }]);
  const told = afterRegister(registration, attemptOf(registration), busy, at());
  t.is(told.registration.dueAt, START + 7_000);
  t.is(told.registration.reason, "503 Service Unavailable");
  const well = afterRegister(
    told.registration,
    attemptOf(registration),
    answer(registration, 200),
    at(),
  );
  t.is(well.registration.failures, 0);
  t.is(well.registration.reason, undefined);
});

test("an account that is gone is taken away from the peer, which is not asked for ever", (t) => {
  const known = { ...fresh(), expiresAt: START + 600_000, dueAt: START + 400_000 };
  const [leaving] = reconciled(new Map([[known.id, known]]), [], making());
  t.true(leaving?.leaving);
  t.is(leaving?.dueAt, START);
  let registration = leaving ?? known;
  t.is(
    afterRegister(registration, attemptOf(registration), answer(registration, 200), at()).next,
    "gone",
  );
  const ends: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    const outcome = afterRegister(registration, attemptOf(registration), undefined, at());
    ends.push(outcome.next);
    registration = outcome.registration;
  }
  t.deepEqual(ends, ["later", "later", "gone"]);
});

test("an account that goes or changes while its REGISTER is under way has its turn at once", (t) => {
  const before = fresh();
  const attempt = attemptOf(before);
  const others = new Map([[before.id, before]]);
  const [leaving = before] = reconciled(others, [], making());
  const gone = afterRegister(leaving, attempt, answer(before, 200), at(START + 50));
  t.is(gone.next, "later");
  t.is(gone.registration.dueAt, START + 50);
  t.is(gone.registration.expiresAt, START + 50 + EXPIRES_S * 1_000);
  const [changed = before] = reconciled(others, [accountNo(1, { password: "new" })], making());
  t.is(changed.callId, before.callId);
  const late = afterRegister(changed, attempt, answer(before, 403), at(START + 50));
  t.is(late.registration.dueAt, START + 50);
  t.is(late.registration.reason, undefined);
});

test("what is provisioned as before changes nothing", (t) => {
  const known = new Map([1, 2].map((index) => [`account-${index}`, fresh(accountNo(index))]));
  t.deepEqual(reconciled(known, [accountNo(1), accountNo(2)], making()), []);
  const moved = accountNo(2, { target: { address: "192.0.2.10", port: 5060 } });
  const [other, ...rest] = reconciled(known, [accountNo(1), moved], making(START + 9));
  t.deepEqual(rest, []);
  t.is(other?.target.address, "192.0.2.10");
  t.is(other?.dueAt, START + 9);
});

test("a record is read as it was written, its CSeq with a gap; its password is sealed", (t) => {
  const registration = fresh(accountNo(1, { realm: "isp" }));
  const asked = answer(registration, 401, [CHALLENGE]);
  const known = afterRegister(registration, attemptOf(registration), asked, at()).registration;
  const text = serializeRegistration(known, 3);
  t.deepEqual(restoreRegistration(text), { ...known, sequence: known.sequence + 10 });
  t.notRegex(text, /"word"/);
  t.is(restoreRegistration("{"), undefined);
  t.is(restoreRegistration(text.replace('"v":1', '"v":2')), undefined);
});

test("the REGISTER names the number at the public address, and escapes what a URI does not hold", (t) => {
  const registration = fresh(accountNo(1, { username: "a b@isp", transport: "tls" }));
  const { request } = nextRegister(registration, sending);
  t.is(request.uri, "sip:isp.invalid;transport=tls");
  t.is(request.to.uri, "sip:a%20b%40isp@isp.invalid");
  const value = (name: string) => request.headers.find((header) => header.name === name)?.value;
  t.is(value("Contact"), "<sip:4930001@198.51.100.1>");
  t.is(value("P-NGCP-Next-Hop"), "sip:192.0.2.9:5060;transport=tls");
});
