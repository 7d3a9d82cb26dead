import { otherSide, tagFor } from "./call.ts";
import type { Call, Side } from "./call.ts";
import type { Desk } from "./desk.ts";
import { filterOf } from "./filters.ts";
import { hopsLeft, maxForwards, onwardInvite } from "./hiding.ts";
import { clientDialog, refreshedDialog, requestWithin, serverDialog } from "./sip/dialog.ts";
import type { SipRequest } from "./sip/message.ts";
import { offerOf, offerTo } from "./terms.ts";
import { randomToken } from "./transport.ts";

/** A call, and the INVITE that is to go on. */
interface Outset {
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
  return { call: filter === undefined ? call : { ...call, filter }, sent };
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
    ],
    body,
  });
  return { call: { ...call, [from]: refreshedDialog(call[from], invite), [other]: dialog }, sent };
};

const OF_THE_FIRST = new Set([
  ...["Via", "From", "To", "Call-ID", "CSeq", "Route"],
  ...["Supported", "Session-Expires", "Min-SE"],
]);

/** The INVITE that was sent to a side, once more with the terms that hold now: another request of the same dialog. */
export const inviteAgain = (call: Call, to: Side, first: SipRequest, desk: Desk): Outset => {
  const { dialog, request: sent } = requestWithin(
    call.established ? call[to] : clientDialog(first),
    {
      method: "INVITE",
      via: desk.via(),
      headers: [
        ...first.headers.filter(({ name }) => !OF_THE_FIRST.has(name)),
        ...offerTo(call, to, desk.settings),
      ],
      body: first.body,
    },
  );
  return { call: { ...call, [to]: dialog }, sent };
};
