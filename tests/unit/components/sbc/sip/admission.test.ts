import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { maxForwardsAfter, refusalOf } from "../../../../../components/sbc/sip/admission.ts";
import type { Capabilities } from "../../../../../components/sbc/sip/admission.ts";
import type { SipRequest } from "../../../../../components/sbc/sip/message.ts";
import { checkout } from "../../../../golden/golden.ts";
import { invite, inviteLines, parsedRequest, wire } from "./messages.ts";

const CAPABILITIES: Capabilities = {
  methods: ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "MESSAGE", "REGISTER"],
  optionTags: ["timer", "100rel"],
  contentTypes: ["application/sdp"],
  schemes: ["sip", "sips", "tel"],
};

const refusal = (request: SipRequest): string => {
  const answer = refusalOf(request, CAPABILITIES);
  if (answer === undefined) return "taken";
  const headers = (answer.headers ?? []).map(({ name, value }) => `${name}: ${value}`);
  return [answer.status, ...headers].join(" ");
};

/** Requests of RFC 4475 with legal syntax, and what the RFC asks of a server that is not made for them. */
const TORTURE: Readonly<Record<string, string>> = {
  intmeth: `501 Allow: ${CAPABILITIES.methods.join(", ")}`,
  esc02: `501 Allow: ${CAPABILITIES.methods.join(", ")}`,
  unkscm: "416",
  novelsc: "416",
  bext01:
    "420 Unsupported: nothingSupportsThis, nothingSupportsThisEither, noProxiesSupportThis, norDoAnyProxiesSupportThis",
  invut: "415 Accept: application/sdp",
  sdp01: "406",
  zeromf: "483",
  wsinv: "taken",
  esc01: "taken",
  semiuri: "taken",
  mpart01: "taken",
  cparam01: "taken",
  cparam02: "taken",
  regescrt: "taken",
  regaut01: "taken",
  unksm2: "taken",
  inv2543: "taken",
};

for (const [name, expected] of Object.entries(TORTURE))
  test(`RFC 4475 ${name}: ${expected}`, (t) => {
    const file = join(checkout, `tests/contract/sip/torture/${name}.dat`);
    t.is(refusal(parsedRequest(readFileSync(file))), expected);
  });

test("a method that we know and do not take is not allowed", (t) => {
  const subscribe = [
    "SUBSCRIBE sip:a@example.org SIP/2.0",
    ...inviteLines({ CSeq: "1 SUBSCRIBE" }).slice(1),
  ];
  t.regex(refusal(parsedRequest(wire(subscribe))), /^405 Allow: INVITE, /);
});

test("a body of another type may be left aside when its sender says so; one that is packed may not be read", (t) => {
  const withBody = (headers: Readonly<Record<string, string>>): string =>
    refusal(parsedRequest(wire(inviteLines(headers), "text")));
  const type = { "Content-Type": "text/plain" };
  t.is(withBody(type), "415 Accept: application/sdp");
  t.is(withBody({ ...type, "Content-Disposition": "render; handling = optional" }), "taken");
  t.is(withBody({ "Content-Type": "Application/SDP ;charset=utf-8" }), "taken");
  t.is(
    withBody({ "Content-Type": "application/sdp", "Content-Encoding": "gzip" }),
    "415 Accept-Encoding: identity",
  );
});

test("a caller that takes any type takes ours", (t) => {
  for (const Accept of ["application/sdp;level=1", "application/*", "text/plain, */*;q=0.1"])
    t.is(refusal(invite({ Accept })), "taken");
  t.is(refusal(invite({ Accept: "text/plain" })), "406");
});

test("what is supported may be required, and a CANCEL requires nothing", (t) => {
  t.is(refusal(invite({ Require: "Timer" })), "taken");
  t.is(refusal(invite({ Require: "timer, x" })), "420 Unsupported: x");
  t.is(refusal({ ...invite({ Require: "x" }), method: "CANCEL" }), "taken");
});

test("a request goes on with one hop less, and with 70 when it named none", (t) => {
  t.is(maxForwardsAfter(invite({ "Max-Forwards": "0070" })).value, "69");
  t.is(maxForwardsAfter(invite({ "Max-Forwards": undefined })).value, "70");
});
