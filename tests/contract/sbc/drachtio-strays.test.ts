import test from "ava";
import type { SipResponse } from "../../../components/sbc/sip/message.ts";
import { responseTo } from "../../../components/sbc/sip/responses.ts";
import { createRequest } from "../../../components/sbc/sip/message.ts";
import { randomToken } from "../../../components/sbc/transport.ts";
import { FOR_TEST, openedWithApplication } from "./drachtio-line.ts";
import { sdpOf } from "./wire-phone.ts";
import type { WirePhone } from "./wire-phone.ts";

/* 2xx of INVITEs that nobody waits for. */

/** A 2xx to an INVITE that the process at `port` never sent, as if it had this tag there. */
const forged = (phone: WirePhone, port: number, tag: string): SipResponse => {
  const uri = `sip:phone@127.0.0.1:${phone.port}`;
  const params = [{ name: "branch", value: `z9hG4bK${randomToken()}` }];
  const never = createRequest({
    method: "INVITE",
    uri,
    vias: [{ transport: "UDP", host: "127.0.0.1", port, params }],
    from: {
      displayName: undefined,
      uri: "sip:us@127.0.0.1",
      params: [{ name: "tag", value: tag }],
    },
    to: { displayName: undefined, uri, params: [] },
    callId: randomToken(),
    cseq: { sequence: 1, method: "INVITE" },
    headers: [],
  });
  const headers = [{ name: "Contact", value: phone.contact }];
  return responseTo(never, { status: 200, toTag: randomToken(), headers });
};

test.serial(
  "a 2xx to an INVITE that was never sent is let go, whatever tag it bears: nothing is sent where it points",
  async (t) => {
    const { pair, caller } = await openedWithApplication(t);
    const [first, second] = [randomToken(), randomToken()];
    for (const tag of [`${first}3`, `${first}${second}3`, `${first}1`, `${first}2`, first])
      caller.send(forged(caller, pair.port, tag), pair.port);
    // What they bring about would be here before the answer to what follows them.
    await caller.response(caller.outside("OPTIONS", pair.port), 200);
    t.deepEqual(caller.requests("ACK"), []);
    t.deepEqual(caller.requests("BYE"), []);
  },
);

test.serial(
  "a phone that answers an application of a node that is dead is acknowledged and hung up by the next one",
  async (t) => {
    const { pair, caller, callee } = await openedWithApplication(t);
    const user = `call-${callee.port}`;
    await caller.response(caller.outside("MESSAGE", pair.port, { user, lines: FOR_TEST }), 202);
    const invite = await callee.request("INVITE");
    t.is(await pair.failOver(), 0);
    callee.respond(invite, 200, { body: sdpOf("callee") });
    const ack = await callee.request("ACK");
    t.is(ack.callId, invite.callId);
    t.is(ack.cseq.sequence, invite.cseq.sequence);
    const bye = await callee.request("BYE");
    t.is(bye.callId, invite.callId);
    callee.respond(bye, 200);
  },
);
