import test from "ava";
import {
  CAPABILITIES,
  onwardHeaders,
  onwardInvite,
  onwardStatus,
} from "../../../../components/sbc/hiding.ts";
import { refusalOf } from "../../../../components/sbc/sip/admission.ts";
import { serialize } from "../../../../components/sbc/sip/serialize.ts";
import { headerLines } from "../../../../components/sbc/sip/header.ts";
import { invite } from "./sip/messages.ts";

const self = { address: "127.0.0.1", port: 5080 };
const via = {
  transport: "UDP",
  host: "127.0.0.1",
  port: 5080,
  params: [{ name: "branch", value: "z9hG4bKours" }],
};
const leg = { callId: "ours", tag: "ourtag", via, self, terms: [], filter: undefined };

/** An INVITE whose every header tells of the inside. */
const telling = invite({
  Via: "SIP/2.0/UDP 10.11.12.13:5060;branch=z9hG4bKinside",
  "Record-Route": "<sip:10.11.12.13;lr>",
  From: '"Alice" <sip:alice@example.org>;tag=inside;x=10.11.12.13',
  Contact: "<sip:alice@10.11.12.13:5060>",
  "Call-ID": "inside@10.11.12.13",
  "User-Agent": "Phone at 10.11.12.13",
  Warning: '399 10.11.12.13 "inside"',
  "X-Inside": "10.11.12.13",
  Authorization: 'Digest username="inside"',
  "P-Asserted-Identity": "<sip:alice@example.org>",
  Supported: "100rel, timer, replaces",
});

test("To of the second leg is whom it is for, not what was dialled, without the way there", (t) => {
  const dialled = invite({ To: '"Secret" <sip:*31*4930123@inside.example.org;user=phone>' });
  const toOf = (uri: string): string | undefined =>
    /^To: (.*)\r$/m.exec(serialize(onwardInvite({ ...dialled, uri }, leg)).toString())?.[1];
  t.is(toOf("sip:4930123@peer.example:5070;transport=tcp"), "<sip:4930123@peer.example>");
  t.is(toOf("tel:+4930123"), "<tel:+4930123>");
});

test("the INVITE of the second leg holds nothing of the first but who calls whom", (t) => {
  const sent = serialize(onwardInvite(telling, leg)).toString();
  t.notRegex(sent, /10\.11\.12\.13|inside/i);
  t.regex(sent, /^From: "Alice" <sip:alice@example\.org>;tag=ourtag\r$/m);
  t.regex(sent, /^P-Asserted-Identity: <sip:alice@example\.org>\r$/m);
  t.regex(sent, /^Max-Forwards: 69\r$/m);
  t.regex(sent, /^Contact: <sip:127\.0\.0\.1:5080>\r$/m);
});

test("extensions are each side's with us: of the caller's only 100rel goes on with the INVITE, and those that we do not have are refused", (t) => {
  const names = onwardHeaders(telling, { self, filter: undefined, trusted: true }).map(
    ({ name }) => name,
  );
  t.false(names.includes("Supported") || names.includes("Require"));
  t.deepEqual(headerLines(onwardInvite(telling, leg), "Supported"), ["100rel"]);
  const refused = refusalOf(invite({ Require: "timer, 100rel, replaces" }), CAPABILITIES);
  t.deepEqual(refused?.headers, [{ name: "Unsupported", value: "replaces" }]);
});

test("who does not want to be known is so to those alone who are trusted (RFC 3325 section 7)", (t) => {
  const names = (privacy: string, trusted: boolean): readonly string[] =>
    onwardHeaders(
      invite({
        "P-Asserted-Identity": "<sip:alice@example.org>",
        Diversion: "<sip:bob@example.org>",
        Privacy: privacy,
      }),
      { self, filter: undefined, trusted },
    )
      .map(({ name }) => name)
      .filter((name) => name === "P-Asserted-Identity" || name === "Diversion");
  t.deepEqual(names("id", true), ["P-Asserted-Identity", "Diversion"]);
  t.deepEqual(names("none", false), ["P-Asserted-Identity", "Diversion"]);
  for (const privacy of ["id", "user; critical", "session;Header"])
    t.deepEqual(names(privacy, false), []);
});

test("neither redirections nor challenges reach the other leg", (t) => {
  t.deepEqual([302, 401, 407, 486, 183].map(onwardStatus), [480, 503, 503, 486, 183]);
});
