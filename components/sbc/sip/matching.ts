import { tagOf } from "./address.ts";
import { paramValue } from "./grammar.ts";
import type { SipMessage, SipRequest } from "./message.ts";
import { formatVia, uniqueBranch } from "./via.ts";

/** How a response finds the transaction of its request: the branch and the method (RFC 3261 section 17.1.3). */
export const clientKey = ({ vias, cseq }: SipMessage): string =>
  `${paramValue(vias[0].params, "branch") ?? ""} ${cseq.method}`;

/**
 * How a request finds its transaction (RFC 3261 section 17.2.3): branch, sent-by and method, an ACK under the
 * method of the INVITE. Without a unique branch everything is compared that RFC 2543 had, but for the tag in To:
 * an ACK brings the tag of our response, which the INVITE had not.
 */
export const serverKey = (request: SipRequest): string =>
  keyUnder(request, request.method === "ACK" ? "INVITE" : request.method);

/** The key of the INVITE that a CANCEL is about (RFC 3261 section 9.2). */
export const cancelledKey = (cancel: SipRequest): string => keyUnder(cancel, "INVITE");

const keyUnder = (request: SipRequest, method: string): string => {
  const [top] = request.vias;
  const branch = uniqueBranch(top);
  if (branch !== undefined)
    return `${branch} ${top.host.toLowerCase()}:${top.port ?? 5060} ${method}`;
  const { uri, from, callId, cseq } = request;
  return [uri, tagOf(from) ?? "", callId, cseq.sequence, formatVia(top), method].join(" ");
};

/**
 * What two copies of a request have in common that came on different ways: From tag, Call-ID and CSeq. The second
 * one is answered by 482 (RFC 3261 section 8.2.2.2). `undefined` for a request within a dialog, and for a CANCEL:
 * it goes the way of its INVITE, and each copy of that gets its own.
 */
export const mergeKey = ({ from, to, callId, cseq }: SipRequest): string | undefined =>
  tagOf(to) === undefined && cseq.method !== "CANCEL"
    ? `${callId} ${tagOf(from) ?? ""} ${cseq.sequence} ${cseq.method}`
    : undefined;
