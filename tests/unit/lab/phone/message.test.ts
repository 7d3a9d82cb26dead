import test from "ava";
import fc from "fast-check";
import {
  bracketed,
  cseqOf,
  formatMessage,
  headerOf,
  headersOf,
  parameterOf,
  parseMessage,
  uriOf,
} from "../../../../ops/lab/phone/message.ts";
import { authorize, ha1Of, parseChallenge } from "../../../../ops/lab/phone/digest.ts";
import { audioTarget, describeAudio } from "../../../../ops/lab/phone/sdp.ts";

const INVITE = [
  "INVITE sip:b@test.invalid SIP/2.0",
  "v: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKouter, SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bKinner",
  'From: "A, the ""first""" <sip:a@test.invalid>;tag=one',
  "To: <sip:b@test.invalid>",
  "i: call@192.0.2.101",
  "CSeq: 7 INVITE",
  "Subject: folded",
  "  over two lines",
  "Record-Route: <sip:192.0.2.10;r2=on;lr>,<sip:127.0.0.1;r2=on;lr>",
  "",
  "v=0\r\n",
].join("\r\n");

test("a request is read with compact names, folded lines and lists", (t) => {
  const message = parseMessage(INVITE);
  if (message?.kind !== "request") return t.fail();
  t.is(message.method, "INVITE");
  t.is(headerOf(message, "Call-ID"), "call@192.0.2.101");
  t.is(headerOf(message, "Subject"), "folded over two lines");
  t.deepEqual(cseqOf(message), { number: 7, method: "INVITE" });
  t.is(headersOf(message, "Via").length, 2);
  t.deepEqual(headersOf(message, "Record-Route"), [
    "<sip:192.0.2.10;r2=on;lr>",
    "<sip:127.0.0.1;r2=on;lr>",
  ]);
  t.is(parameterOf(headerOf(message, "From"), "tag"), "one");
  t.is(uriOf(headerOf(message, "From")), "sip:a@test.invalid");
  t.is(message.body, "v=0\r\n");
  return t.is(headerOf(message, "Contact"), "");
});

test("what is formatted is read again, with the length of its bytes", (t) => {
  const text = formatMessage({
    kind: "response",
    status: 200,
    reason: "OK",
    headers: [["To", "<sip:b@test.invalid>;tag=two"]],
    body: "für",
  });
  t.regex(text, /\r\nContent-Length: 4\r\n\r\nfür$/);
  const again = parseMessage(text);
  if (again?.kind !== "response") return t.fail();
  t.is(again.status, 200);
  return t.is(again.body, "für");
});

test("no datagram makes the reader throw", (t) => {
  fc.assert(
    fc.property(fc.string(), fc.nat(INVITE.length), (noise, at) => {
      t.notThrows(() => parseMessage(INVITE.slice(0, at) + noise + INVITE.slice(at)));
    }),
  );
});

test("garbage is no message", (t) => {
  t.is(parseMessage(""), undefined);
  t.is(parseMessage("\r\n\r\n"), undefined);
  t.is(parseMessage("INVITE sip:b SIP/2.0\r\nno colon\r\n\r\n"), undefined);
});

test("the example of RFC 2617 gives the answer of RFC 2617's arithmetic", (t) => {
  const challenge = parseChallenge(
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
  );
  t.deepEqual(challenge, {
    realm: "testrealm@host.com",
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    qop: false,
  });
  const credentials = { user: "Mufasa", password: "Circle Of Life" };
  t.is(ha1Of(credentials, "testrealm@host.com"), "939e7578ed9e3c518a452acee763bce9");
  if (challenge === undefined) return t.fail();
  const request = { method: "GET", uri: "/dir/index.html", count: 1 };
  t.regex(
    authorize(credentials, challenge, request),
    /response="670fd8c2df070c60b045671b8b24ff02"/,
  );
  return t.regex(
    authorize(credentials, { ...challenge, qop: true }, request),
    /qop=auth, nc=00000001, cnonce="[0-9a-f]{16}", response="[0-9a-f]{32}"$/,
  );
});

test("audio is described and found again, in both families", (t) => {
  for (const address of ["192.0.2.101", "2001:db8::101"])
    t.deepEqual(audioTarget(describeAudio({ address, port: 20_000 }, 1)), {
      address,
      port: 20_000,
    });
  t.is(audioTarget("v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 8\r\n"), undefined);
  t.is(bracketed("2001:db8::10"), "[2001:db8::10]");
});
