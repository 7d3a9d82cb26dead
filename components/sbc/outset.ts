import { otherSide, tagFor } from "./call.ts";
import type { Call, Side } from "./call.ts";
import { accountOf, answerToChallenge, isCredential } from "./credentials.ts";
import type { Desk } from "./desk.ts";
import { filterOf } from "./filters.ts";
import { hopsLeft, maxForwards, onwardInvite } from "./hiding.ts";
import { prepaidOf } from "./prepaid/account-header.ts";
import { clientDialog, refreshedDialog, requestWithin, serverDialog } from "./sip/dialog.ts";
import type { Header } from "./sip/header.ts";
import { reliabilityHeaders, reliabilityOf, wantsReliable } from "./sip/reliability.ts";
import { TIMER } from "./sip/session-timer.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import { afterRefusal, offerOf, offerTo } from "./terms.ts";
import { randomToken } from "./transport.ts";

/** A call, and the INVITE that is to go on. */
export interface Outset {
  readonly call: Call;
  readonly sent: SipRequest;
}

/** A new call out of its first INVITE; undefined for one without a Contact. */
export const newCall = (invite: SipRequest, desk: Desk): Outset | undefined => {
  const id = randomToken();
  const caller = serverDialog(invite, tagFor(id, "caller"));
  if (caller === undefined) return undefined;
  const filter = filterOf(invite);
  const sent = onwardInvite(invite, {
    callId: randomToken(),
    tag: tagFor(id, "callee"),
    via: desk.via(),
    self: desk.transport.local,
    terms: offerOf(desk.settings),
    filter,
  });
  const callee = clientDialog(sent);
  const call = { id, createdAt: Date.now(), caller, callee, established: false };
  const account = accountOf(invite, desk.vault);
  const prepaid = prepaidOf(invite);
  return {
    call: {
      ...call,
      ...(filter === undefined ? {} : { filter }),
      ...(account === undefined ? {} : { account }),
      ...(prepaid === undefined ? {} : { prepaid }),
    },
    sent,
  };
};

/** An INVITE within the call, from the one side to the other. */
export const nextInvite = (call: Call, from: Side, invite: SipRequest, desk: Desk): Outset => {
  const other = otherSide(from);
  const { headers, body } = desk.onward(invite, call, other);
  const { dialog, request: sent } = requestWithin(call[other], {
    method: "INVITE",
    via: desk.via(),
    headers: [
      maxForwards(hopsLeft(invite) - 1),
      ...headers,
      ...offerTo(call, other, desk.settings),
      ...reliabilityHeaders(reliabilityOf(invite)),
    ],
    body,
  });
  return { call: { ...call, [from]: refreshedDialog(call[from], invite), [other]: dialog }, sent };
};

const MADE_ANEW = new Set(["Via", "From", "To", "Call-ID", "CSeq", "Route"]);

const isTerm = ({ name, value }: Header): boolean =>
  name === "Session-Expires" || name === "Min-SE" || (name === "Supported" && value === TIMER);

/**
 * A request that was sent to a side, once more: another one of the same dialog, without the credentials that it had.
 *
 * @param terms of the session timer, where others hold now
 */
export const requestAgain = (
  call: Call,
  to: Side,
  first: SipRequest,
  { desk, terms }: { readonly desk: Desk; readonly terms?: readonly Header[] | undefined },
): Outset => {
  const known = call.established || first.method !== "INVITE" ? call[to] : clientDialog(first);
  // A BYE is the last one of its dialog, whose number nobody has kept.
  const localSequence = Math.max(known.localSequence, first.cseq.sequence);
  const kept = first.headers.filter(
    (header) =>
      !MADE_ANEW.has(header.name) &&
      !isCredential(header) &&
      (terms === undefined || !isTerm(header)),
  );
  const { dialog, request: sent } = requestWithin(
    { ...known, localSequence },
    {
      method: first.method,
      via: desk.via(),
      headers: [...kept, ...(terms ?? [])],
      body: first.body,
    },
  );
  return { call: { ...call, [to]: dialog }, sent };
};

/**
 * The request in place of one that a side has refused for its interval (422), for want of reliable provisional responses
 * (421) or for want of credentials (401, 407); undefined when it is not to be sent again.
 */
export const afterRefused = (
  call: Call,
  to: Side,
  { sent, response, desk }: { sent: SipRequest; response: SipResponse; desk: Desk },
): Outset | undefined => {
  const raised = afterRefusal(call, to, sent, response);
  if (raised !== undefined)
    return requestAgain(raised, to, sent, { desk, terms: offerTo(raised, to, desk.settings) });
  if (wantsReliable(sent, response)) {
    const again = requestAgain(call, to, sent, { desk });
    const headers = [...again.sent.headers, ...reliabilityHeaders("supported")];
    return { ...again, sent: { ...again.sent, headers } };
  }
  const account = to === "callee" ? call.account : undefined;
  const answer = answerToChallenge({ account, vault: desk.vault }, sent, response);
  if (answer === undefined) return undefined;
  const again = requestAgain(call, to, sent, { desk });
  return { ...again, sent: answer(again.sent) };
};
