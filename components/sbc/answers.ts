import { otherSide, textOfMessage } from "./call.ts";
import type { Call, Exchange } from "./call.ts";
import type { Desk } from "./desk.ts";
import type { LiveCall, OpenInvite } from "./live-calls.ts";
import { tagOf } from "./sip/address.ts";
import { answeredDialog, refreshedDialog } from "./sip/dialog.ts";
import type { Header } from "./sip/header.ts";
import type { SipResponse } from "./sip/message.ts";
import { reliabilityOf } from "./sip/reliability.ts";
import { responseTo } from "./sip/responses.ts";
import { agreedTerms, answerTerms, bothSides, settledTerms, withDescriptions } from "./terms.ts";

/* What the sender of an INVITE hears of the responses of the other leg. */

/** The response as the sender of the INVITE gets it. */
export const onward = (
  { call, invite: { received } }: { readonly call: Call; readonly invite: OpenInvite },
  response: SipResponse,
  desk: Desk,
  terms: readonly Header[] = [],
): SipResponse => {
  const { headers, body } = desk.onward(response, call, call.exchange?.from ?? "caller");
  return responseTo(received, {
    status: response.status,
    toTag: call[call.exchange?.from ?? "caller"].localTag,
    headers: [...headers, ...terms],
    body,
  });
};

/** The 2xx for a sender that knows no reliable responses: what one of them has answered is not in the 2xx of the callee. */
const withEarlyAnswer = (
  answer: SipResponse,
  { from, told }: Exchange,
  { received }: OpenInvite,
): SipResponse => {
  const early = told?.[from];
  if (answer.body.length > 0 || early === undefined || reliabilityOf(received) !== "none")
    return answer;
  return {
    ...answer,
    headers: [...answer.headers, { name: "Content-Type", value: early.type }],
    body: Buffer.from(early.body, "latin1"),
  };
};

/** A failure of the INVITE; the status is ours where nobody has answered. */
export const failureOf = (
  { call }: LiveCall,
  { received }: OpenInvite,
  { status, response }: { readonly status: number; readonly response: SipResponse | undefined },
  desk: Desk,
): SipResponse => {
  const from = call.exchange?.from ?? "caller";
  const headers = response === undefined ? [] : desk.onward(response, call, from).headers;
  return responseTo(received, {
    status,
    toTag: call[from].localTag,
    headers: headers.filter(({ name }) => name !== "Contact"),
  });
};

/** A 2xx of another branch of a fork than the one that answered first. */
export const isOtherFork = (
  { call }: LiveCall,
  { answer }: OpenInvite,
  response: SipResponse,
): boolean =>
  answer !== undefined && !call.established && tagOf(response.to) !== call.callee.remoteTag;

/** The call that a 2xx has answered, and the 2xx for the sender of the INVITE. */
export const answered = (
  call: Call,
  exchange: Exchange,
  { invite, response, desk }: { invite: OpenInvite; response: SipResponse; desk: Desk },
): { readonly call: Call; readonly answer: SipResponse } => {
  const { settings } = desk;
  const { from } = exchange;
  const to = otherSide(from);
  const now = Date.now();
  const terms = answerTerms(invite.received, settings, now);
  const heard = onward({ call, invite }, response, desk, terms.headers);
  const answer = withEarlyAnswer(heard, exchange, invite);
  const dialog = call.established
    ? refreshedDialog(call[to], response)
    : answeredDialog(call[to], response);
  // A CANCEL that the 2xx has crossed changes nothing any more (RFC 3261 section 9.2).
  const next: Exchange = {
    ...exchange,
    cancelled: undefined,
    state: "answered",
    answer: textOfMessage(answer),
  };
  const timers = bothSides(from, terms.timer, settledTerms(response, settings, now));
  const agreed = agreedTerms(call, timers, settings, now);
  const after = { ...call, [to]: dialog, exchange: next, ...agreed };
  return { call: withDescriptions(after, from, invite.sent, answer), answer };
};
