import { otherSide, tagFor } from "./call.ts";
import type { Call, Side } from "./call.ts";
import type { Desk } from "./desk.ts";
import { hopsLeft, maxForwards, onwardInvite } from "./hiding.ts";
import { clientDialog, refreshedDialog, requestWithin, serverDialog } from "./sip/dialog.ts";
import type { SipRequest } from "./sip/message.ts";
import { offerOf } from "./terms.ts";
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
  const sent = onwardInvite(invite, {
    callId: randomToken(),
    tag: tagFor(id, "callee"),
    via: desk.via(),
    self: desk.transport.local,
    terms: offerOf(desk.settings),
  });
  const callee = clientDialog(sent);
  return { call: { id, createdAt: Date.now(), caller, callee, established: false }, sent };
};

/** An INVITE within the call, from the one side to the other. */
export const nextInvite = (call: Call, from: Side, invite: SipRequest, desk: Desk): Outset => {
  const other = otherSide(from);
  const { dialog, request: sent } = requestWithin(call[other], {
    method: "INVITE",
    via: desk.via(),
    headers: [
      maxForwards(hopsLeft(invite) - 1),
      ...desk.headersFor(invite),
      ...offerOf(desk.settings, call.timers?.[other]),
    ],
    body: invite.body,
  });
  return { call: { ...call, [from]: refreshedDialog(call[from], invite), [other]: dialog }, sent };
};
