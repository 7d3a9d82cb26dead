import test from "ava";
import {
  headerElements,
  headerLines,
  headerValue,
} from "../../../../../components/sbc/sip/header.ts";
import { parseMessage } from "../../../../../components/sbc/sip/parse.ts";
import { serialize } from "../../../../../components/sbc/sip/serialize.ts";
import { inviteLines, malformed, parsedRequest, parsedResponse, wire } from "./messages.ts";

test("a request comes apart into its start line, its essential headers and its body", (t) => {
  const bytes = wire([...inviteLines(), "Content-Type: text/plain", "Content-Length: 5"], "hello");
  const request = parsedRequest(bytes);
  t.is(request.method, "INVITE");
  t.is(request.uri, "sip:bob@example.net");
  t.is(request.from.displayName, "Alice");
  t.deepEqual(request.from.params, [{ name: "tag", value: "9fxced76sl" }]);
  t.is(request.to.uri, "sip:bob@example.net");
  t.is(request.callId, "2xTb9vxSit55XU7p8@192.0.2.7");
  t.deepEqual(request.cseq, { sequence: 1, method: "INVITE" });
  t.is(request.vias[0].host, "192.0.2.7");
  t.is(Buffer.from(request.body).toString(), "hello");
});

test("a response has its status, and its reason phrase may be empty", (t) => {
  const lines = inviteLines().slice(1);
  t.is(parsedResponse(wire(["SIP/2.0 180 Ringing", ...lines])).status, 180);
  t.is(parsedResponse(wire(["SIP/2.0 100 ", ...lines])).reason, "");
});

test("compact forms, names in any case, folded lines and blanks before the colon are the same header", (t) => {
  const request = parsedRequest(
    wire([
      "OPTIONS sip:bob@example.net SIP/2.0",
      "v : SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1",
      "VIA: SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK2,",
      "  SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK3",
      "f:<sip:a@example.org>;tag=1",
      "T: <sip:b@example.org>",
      "i: x",
      "cSEQ: 0009",
      "\tOPTIONS",
      "k: timer",
      "Supported: 100rel, replaces",
      "X-Other: one",
      "  two",
    ]),
  );
  t.deepEqual(
    request.vias.map(({ host }) => host),
    ["192.0.2.7", "192.0.2.8", "192.0.2.9"],
  );
  t.deepEqual(request.cseq, { sequence: 9, method: "OPTIONS" });
  t.deepEqual(headerElements(request, "Supported"), ["timer", "100rel", "replaces"]);
  t.is(headerValue(request, "x-other"), "one two");
  t.deepEqual(
    request.headers.map(({ name }) => name),
    ["Via", "Via", "From", "To", "Call-ID", "CSeq", "Supported", "Supported", "X-Other"],
  );
});

test("text that is not UTF-8 is ISO 8859-1, and leaves as UTF-8", (t) => {
  const latin = Buffer.from(
    wire(inviteLines({ Subject: "M\u00fcller" })).toString("utf8"),
    "latin1",
  );
  const utf8 = wire(inviteLines({ Subject: "M\u00fcller" }));
  for (const bytes of [latin, utf8])
    t.is(headerValue(parsedRequest(bytes), "Subject"), "M\u00fcller");
  t.true(serialize(parsedRequest(latin)).includes(Buffer.from("M\u00fcller", "utf8")));
});

test("line ends before the message are skipped, octets behind the Content-Length dropped", (t) => {
  const bytes = wire([...inviteLines(), "l: 2"], "hello");
  const request = parsedRequest(Buffer.concat([Buffer.from("\r\n\r\n"), bytes]));
  t.is(Buffer.from(request.body).toString(), "he");
});

test("without a Content-Length the body is the rest of the datagram", (t) => {
  t.is(Buffer.from(parsedRequest(wire(inviteLines(), "all of it")).body).toString(), "all of it");
});

test("a message is written with canonical names, its headers in their order and Content-Length last", (t) => {
  const bytes = wire(
    [
      "MESSAGE sip:b@example.net SIP/2.0",
      ...inviteLines({ CSeq: "7 MESSAGE" }).slice(1),
      "c: text/plain",
      "l: 2",
    ],
    "hi",
  );
  const written = serialize(parsedRequest(bytes));
  t.is(
    written.toString(),
    wire(
      [
        "MESSAGE sip:b@example.net SIP/2.0",
        ...inviteLines({ CSeq: "7 MESSAGE" }).slice(1),
        "Content-Type: text/plain",
        "Content-Length: 2",
      ],
      "hi",
    ).toString(),
  );
  t.deepEqual(serialize(parsedRequest(written)), written);
});

test("each fault has its reason", (t) => {
  const cases: readonly [string, Readonly<Record<string, string | undefined>>][] = [
    ["Missing Via", { Via: undefined }],
    ["Malformed Via", { Via: "SIP/2.0/UDP host;branch=a;;b" }],
    ["Malformed Via", { Via: "SIP/2.0/UDP host:70000;branch=a" }],
    ["Missing From", { From: undefined }],
    ["Malformed From", { From: '"Alice <sip:a@example.org>;tag=1' }],
    ["Malformed To", { To: "<sip:a@example.org" }],
    ["Malformed To", { To: "<sip:%zz@example.org>" }],
    ["Missing Call-ID", { "Call-ID": undefined }],
    ["Malformed Call-ID", { "Call-ID": "one two" }],
    ["Missing CSeq", { CSeq: undefined }],
    ["Malformed CSeq", { CSeq: "2147483648 INVITE" }],
    ["CSeq Method Mismatch", { CSeq: "1 BYE" }],
    ["Malformed Max-Forwards", { "Max-Forwards": "256" }],
    ["Malformed Contact", { Contact: "<sip:a@example.org>;;" }],
    ["Malformed Route", { Route: "sip:10.0.0.1;lr" }],
    ["Malformed Content-Length", { "Content-Length": "-1" }],
    ["Content-Length Exceeds Message", { "Content-Length": "1" }],
    ["Repeated Call-ID", { i: "another" }],
    ["Control Character", { Subject: "a\0b" }],
    ["Malformed Header Field", { "X bad name": "1" }],
    ["Malformed Header Section", { Subject: "one\nVia: two" }],
    ["Malformed Header Section", { Subject: "one\rtwo" }],
  ];
  for (const [reason, changes] of cases) {
    const fault = malformed(wire(inviteLines(changes)));
    t.is(fault.reason, reason);
    t.is(fault.status, 400);
    t.is(fault.method, "INVITE");
  }
});

test("a control character may stand behind a backslash in quotes", (t) => {
  t.is(
    parsedRequest(wire(inviteLines({ From: '"\\\u0007" <sip:a@example.org>;tag=1' }))).from
      .displayName,
    "\u0007",
  );
});

test("what is no SIP is malformed, and nobody is answered", (t) => {
  for (const bytes of [
    "",
    "\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "\0\0\0",
    "SIP/2.0 99 Low\r\n\r\n",
  ]) {
    const fault = parseMessage(Buffer.from(bytes));
    t.is(fault.kind, "malformed");
    t.is(fault.kind === "malformed" ? fault.method : "", undefined);
  }
});

test("header lines keep their order and stay apart", (t) => {
  const request = parsedRequest(
    wire([
      ...inviteLines({ "Record-Route": "<sip:10.0.0.1;lr>, <sip:10.0.0.2;lr>" }),
      "record-route: <sip:10.0.0.3;lr>",
    ]),
  );
  t.deepEqual(headerLines(request, "Record-Route"), [
    "<sip:10.0.0.1;lr>, <sip:10.0.0.2;lr>",
    "<sip:10.0.0.3;lr>",
  ]);
});
