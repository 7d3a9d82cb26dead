import test from "ava";

import { isFinalReply, sipQuestion } from "../../../../ha/probes/sip-probe.ts";

test("the question has a user part, so that the lb hands it to the proxy", (t) => {
  const question = sipQuestion({
    target: "2001:db8::10",
    from: "192.0.2.11",
    fromPort: 40_000,
    callId: "abc",
  });
  t.true(question.startsWith("OPTIONS sip:probe@[2001:db8::10] SIP/2.0\r\n"));
  t.true(question.includes("\r\nVia: SIP/2.0/UDP 192.0.2.11:40000;branch=z9hG4bKabc;rport\r\n"));
  t.true(question.endsWith("Content-Length: 0\r\n\r\n"));
});

test("a final reply of any status to this question counts, nothing else", (t) => {
  const reply = (status: string, callId: string): string =>
    [`SIP/2.0 ${status}`, "CSeq: 1 OPTIONS", `Call-ID: ${callId}`, "", ""].join("\r\n");
  t.true(isFinalReply(reply("200 OK", "abc"), "abc"));
  t.true(isFinalReply(reply("404 Not Found", "abc"), "abc"));
  t.false(isFinalReply(reply("100 Trying", "abc"), "abc"));
  t.false(isFinalReply(reply("200 OK", "other"), "abc"));
  t.false(isFinalReply("OPTIONS sip:probe@x SIP/2.0\r\nCall-ID: abc\r\n\r\n", "abc"));
  t.false(isFinalReply("garbage", "abc"));
});
