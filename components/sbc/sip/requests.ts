import { headerLines } from "./header.ts";
import type { Header } from "./header.ts";
import { createRequest } from "./message.ts";
import type { SipRequest, SipResponse } from "./message.ts";

const MAX_FORWARDS: Header = { name: "Max-Forwards", value: "70" };

const routesOf = (request: SipRequest): readonly Header[] =>
  headerLines(request, "Route").map((value) => ({ name: "Route", value }));

/** The ACK of a final response other than 2xx: of the transaction, hop by hop (RFC 3261 section 17.1.1.3). */
export const ackOfFailure = (invite: SipRequest, response: SipResponse): SipRequest =>
  createRequest({
    method: "ACK",
    uri: invite.uri,
    vias: [invite.vias[0]],
    from: invite.from,
    to: response.to,
    callId: invite.callId,
    cseq: { sequence: invite.cseq.sequence, method: "ACK" },
    headers: [MAX_FORWARDS, ...routesOf(invite)],
  });

/**
 * The CANCEL of an INVITE that has been answered by a provisional response and by no final one
 * (RFC 3261 section 9.1): the branch, the Request-URI and the routes are those of the INVITE.
 */
export const cancelOf = (invite: SipRequest, headers: readonly Header[] = []): SipRequest =>
  createRequest({
    method: "CANCEL",
    uri: invite.uri,
    vias: [invite.vias[0]],
    from: invite.from,
    to: invite.to,
    callId: invite.callId,
    cseq: { sequence: invite.cseq.sequence, method: "CANCEL" },
    headers: [MAX_FORWARDS, ...routesOf(invite), ...headers],
  });
