import test from "ava";
import fc from "fast-check";
import {
  formatUri,
  isUri,
  parseUri,
  sameUri,
  unescapeUri,
} from "../../../../../components/sbc/sip/uri.ts";
import type { SipUri } from "../../../../../components/sbc/sip/uri.ts";

const sip = (text: string): SipUri => {
  const uri = parseUri(text);
  if (uri?.kind === "sip") return uri;
  throw new Error(`no SIP URI: ${text}`);
};

test("a SIP URI comes apart into all of its parts", (t) => {
  t.deepEqual(sip("SIPS:al%69ce:pass@Example.ORG:5071;Transport=tcp;lr?Subject=hi&x=%20"), {
    kind: "sip",
    scheme: "sips",
    user: "al%69ce",
    password: "pass",
    host: "example.org",
    port: 5071,
    params: [
      { name: "transport", value: "tcp" },
      { name: "lr", value: undefined },
    ],
    headers: "Subject=hi&x=%20",
  });
  t.is(sip("sip:[2001:db8::1]:5060").host, "[2001:db8::1]");
  t.is(sip("sip:*21*431234#@example.org").user, "*21*431234#");
});

test("other schemes are URIs whose text nobody looks into", (t) => {
  t.deepEqual(parseUri("tel:+4312345;phone-context=example.org"), {
    kind: "other",
    scheme: "tel",
    opaque: "+4312345;phone-context=example.org",
  });
});

test("what breaks the grammar is no URI", (t) => {
  for (const text of [
    "",
    "sip:",
    "sip:a@",
    "sip:a b@example.org",
    "sip:a@b@example.org",
    "sip:a@example.org:70000",
    "sip:a@example.org;;lr",
    "sip:%4@example.org",
    "sip:a@example.org:",
    "example.org",
  ]) {
    t.is(parseUri(text), undefined, text);
    t.false(isUri(text), text);
  }
});

/** The examples of RFC 3261 section 19.1.4. */
test("URIs are equal as RFC 3261 section 19.1.4 says", (t) => {
  const same: readonly [string, string][] = [
    ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;security=on"],
    [
      "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
      "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ],
    [
      "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ],
  ];
  const different: readonly [string, string][] = [
    ["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"],
    ["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"],
  ];
  for (const [a, b] of same) t.true(sameUri(sip(a), sip(b)), `${a} ${b}`);
  for (const [a, b] of different) t.false(sameUri(sip(a), sip(b)), `${a} ${b}`);
});

test("a URI reads the same when it was written again", (t) => {
  const word = fc.stringMatching(/^[a-z0-9+*#._-]{1,12}$/);
  const uris = fc.record({
    kind: fc.constant("sip" as const),
    scheme: fc.constantFrom("sip" as const, "sips" as const),
    user: fc.option(word, { nil: undefined }),
    password: fc.constant(undefined),
    host: fc.constantFrom("example.org", "192.0.2.1", "[2001:db8::7]"),
    port: fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }),
    params: fc.array(
      fc.record({
        name: fc.stringMatching(/^[a-z]{1,8}$/),
        value: fc.option(fc.stringMatching(/^[a-z0-9.]{1,8}$/), { nil: undefined }),
      }),
      { maxLength: 3 },
    ),
    headers: fc.option(fc.constant("a=b"), { nil: undefined }),
  });
  fc.assert(fc.property(uris, (uri) => t.deepEqual(parseUri(formatUri(uri)), uri)));
});

test("escapes are undone where they make text, and left where they do not", (t) => {
  t.is(unescapeUri("a%20b"), "a b");
  t.is(unescapeUri("M%C3%BCller"), "M\u00fcller");
  t.is(unescapeUri("%FF%41"), "%FFA");
});
