import test from "ava";
import { hasElement, headerValue } from "../../../../../components/sbc/sip/header.ts";
import {
  createRequest,
  createResponse,
  METHODS,
  withTopVia,
} from "../../../../../components/sbc/sip/message.ts";
import { parseMessage } from "../../../../../components/sbc/sip/parse.ts";
import { serialize } from "../../../../../components/sbc/sip/serialize.ts";
import { invite, parsedRequest } from "./messages.ts";

test("a message of our own reads as it was made", (t) => {
  const { vias, from, to, callId } = invite();
  const parts = { vias, from, to, callId, cseq: { sequence: 3, method: "BYE" } };
  const headers = [{ name: "Allow", value: METHODS.join(", ") }];
  const body = Buffer.from("text");
  const request = createRequest({
    ...parts,
    method: "BYE",
    uri: "sip:bob@example.net",
    headers,
    body,
  });
  const response = createResponse({ ...parts, status: 200, reason: "OK" });
  t.deepEqual({ ...parseMessage(serialize(request)), body }, request);
  t.is(headerValue(request, "CSeq"), "3 BYE");
  t.true(hasElement(request, "Allow", "PRACK"));
  t.false(hasElement(response, "Allow", "PRACK"));
  const again = parseMessage(serialize(response));
  t.is(again.kind === "response" ? again.status : 0, 200);
});

test("the top Via is replaced, the others stay", (t) => {
  const request = invite({ v: "SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK2" });
  const [top] = request.vias;
  const changed = parsedRequest(serialize(withTopVia(request, { ...top, host: "203.0.113.1" })));
  t.deepEqual(
    changed.vias.map(({ host }) => host),
    ["203.0.113.1", "192.0.2.8"],
  );
});
