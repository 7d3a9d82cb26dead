import test from "ava";
import { rejectionOf } from "../../../../../components/sbc/sip/rejection.ts";
import { inviteLines, malformed, parsedResponse, wire } from "./messages.ts";

const SOURCE = { address: "198.51.100.9", port: 4711 };

test("a malformed request is answered to where it came from, with what it said about itself", (t) => {
  const answer = rejectionOf(malformed(wire(inviteLines({ CSeq: "1 BYE" }))), SOURCE);
  t.deepEqual(answer?.target, SOURCE);
  const response = parsedResponse(answer?.bytes ?? Buffer.alloc(0));
  t.is(response.status, 400);
  t.is(response.reason, "CSeq Method Mismatch");
  t.is(response.callId, "2xTb9vxSit55XU7p8@192.0.2.7");
  t.deepEqual(response.vias[0].params, [
    { name: "branch", value: "z9hG4bK74bf9" },
    { name: "received", value: SOURCE.address },
    { name: "rport", value: "4711" },
  ]);
});

test("without rport the answer goes to the port of the Via", (t) => {
  const fault = malformed(wire(inviteLines({ CSeq: "x", Via: "SIP/2.0/UDP 192.0.2.7:5066" })));
  t.deepEqual(rejectionOf(fault, SOURCE)?.target, { address: SOURCE.address, port: 5066 });
});

test("an ACK, a response and a request without a Via are not answered", (t) => {
  const ack = ["ACK sip:b@example.net SIP/2.0", ...inviteLines().slice(1)];
  const response = ["SIP/2.0 200 OK", ...inviteLines({ CSeq: "x" }).slice(1)];
  for (const lines of [ack, response, inviteLines({ Via: undefined })])
    t.is(rejectionOf(malformed(wire(lines)), SOURCE), undefined);
});

test("a line feed that stands alone cannot write a header into the answer", (t) => {
  const fault = malformed(wire(inviteLines({ "Call-ID": "x\nInjected: yes" })));
  const lines = rejectionOf(fault, SOURCE)?.bytes.toString().split("\r\n") ?? [];
  t.true(lines.length > 3);
  t.false(lines.some((line) => line.includes("\n") || line.startsWith("Injected")));
});
