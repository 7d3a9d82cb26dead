import test from "ava";
import type { RegistrationReport } from "../../../ops/lab/phone/registration.ts";
import { backAfterMs, isBack, registeredAgain } from "../../../ops/lab/reach.ts";

const FAULT_AT = 1000;

const overTls = (
  acceptedAtMs: number,
  flow: Partial<RegistrationReport["flow"]> = {},
): RegistrationReport => ({
  sentAtMs: acceptedAtMs - 5,
  acceptedAtMs,
  flow: { open: true, brokenAtMs: null, heardAtMs: 4000, ...flow },
});

test("a phone that has begun to register since the fault has registered again", (t) => {
  const sent = (sentAtMs: number | null) => ({ sentAtMs, acceptedAtMs: 10, flow: null });
  t.false(registeredAgain(sent(999), FAULT_AT));
  t.true(registeredAgain(sent(1000), FAULT_AT));
  t.true(registeredAgain(sent(null), FAULT_AT));
});

test("a TLS phone is back when its connection lives and the registration came by it", (t) => {
  t.true(isBack(overTls(900), 3999));
  t.false(isBack(overTls(900), 4000), "nobody has answered since");
  t.false(isBack(overTls(900, { brokenAtMs: 1500 }), 3999), "registered over the one before");
  t.true(isBack(overTls(1700, { brokenAtMs: 1500 }), 3999));
  t.false(isBack(overTls(1700, { brokenAtMs: 1500, open: false }), 3999));
  t.false(isBack({ ...overTls(900), flow: null }, 3999));
});

test("the time until it is back counts from the fault, where its connection has broken since", (t) => {
  t.is(backAfterMs(overTls(1700, { brokenAtMs: 1500 }), FAULT_AT), 700);
  t.is(backAfterMs(overTls(900), FAULT_AT), null);
  t.is(backAfterMs(overTls(950, { brokenAtMs: 900 }), FAULT_AT), null, "it broke before");
  t.is(backAfterMs(overTls(900, { brokenAtMs: 1500 }), FAULT_AT), null, "it is not back");
});
