import { tagOf } from "./address.ts";
import { headerLines } from "./header.ts";
import type { Header } from "./header.ts";
import { createResponse } from "./message.ts";
import type { SipRequest, SipResponse } from "./message.ts";
import { REASONS } from "./reasons.ts";

export interface Answer {
  readonly status: number;
  /** The phrase of the RFCs when left out. */
  readonly reason?: string;
  /** The tag of our side: needed from 101 on unless the request has one (RFC 3261 section 8.2.6.2). */
  readonly toTag?: string;
  readonly headers?: readonly Header[];
  readonly body?: Uint8Array;
}

/**
 * The response to a request: its Via, From, To, Call-ID and CSeq (RFC 3261 section 8.2.6.2), in a 100 its Timestamp,
 * and in what makes a dialog its Record-Route (section 12.1.1).
 */
export const responseTo = (request: SipRequest, answer: Answer): SipResponse => {
  const { vias, from, to, callId, cseq } = request;
  const { status, toTag, headers = [], body } = answer;
  const tagged =
    toTag === undefined || tagOf(to) !== undefined
      ? to
      : { ...to, params: [...to.params, { name: "tag", value: toTag }] };
  return createResponse({
    status,
    reason: answer.reason ?? REASONS.get(status) ?? "",
    vias,
    from,
    to: tagged,
    callId,
    cseq,
    headers: [...copiedHeaders(request, status), ...headers],
    ...(body === undefined ? {} : { body }),
  });
};

/** Which requests make a dialog, or set its route when they do. */
const DIALOG_MAKERS = new Set(["INVITE", "SUBSCRIBE", "REFER"]);

const copiedHeaders = (request: SipRequest, status: number): readonly Header[] => {
  if (status === 100) return copies(request, "Timestamp");
  return status < 300 && DIALOG_MAKERS.has(request.method) ? copies(request, "Record-Route") : [];
};

const copies = (request: SipRequest, name: string): readonly Header[] =>
  headerLines(request, name).map((value) => ({ name, value }));
