import type { Call, LegTimer, Side } from "./call.ts";
import type { Desk } from "./desk.ts";
import { maxForwards } from "./hiding.ts";
import { requestWithin } from "./sip/dialog.ts";
import type { Header } from "./sip/header.ts";
import type { SipRequest } from "./sip/message.ts";
import { offerTo } from "./terms.ts";
import type { Due } from "./terms.ts";

/** How a side is asked: by a refresh of its session (RFC 4028 section 7.4), or whether it lives. */
export type Method = "UPDATE" | "INVITE" | "OPTIONS";

/** A request of the sbc's own to one side of a call. */
export interface Question {
  readonly call: Call;
  readonly method: Method;
  readonly request: SipRequest;
}

const methodOf = (isOwed: boolean, { byInvite }: LegTimer, { kind }: Due): Method => {
  if (isOwed) return "INVITE";
  if (kind !== "refresh") return "OPTIONS";
  return byInvite === true ? "INVITE" : "UPDATE";
};

/** What our INVITE offers: the session as the side knows it, so that nothing changes, or as it is to know it. */
const sessionOf = (
  { descriptions }: Call,
  side: Side,
): { readonly headers: readonly Header[]; readonly body?: Uint8Array } => {
  const description = descriptions?.[side];
  if (description === undefined) return { headers: [] };
  const { type, body } = description;
  return {
    headers: [{ name: "Content-Type", value: type }],
    body: Buffer.from(body, "latin1"),
  };
};

/** What is to be asked of a side, and the call once it is. */
export const questionTo = (
  call: Call,
  side: Side,
  { timer, due, desk }: { readonly timer: LegTimer; readonly due: Due; readonly desk: Desk },
): Question => {
  const method = methodOf(call.owed?.side === side, timer, due);
  const terms = method === "OPTIONS" ? [] : offerTo(call, side, desk.settings);
  const session = method === "INVITE" ? sessionOf(call, side) : { headers: [] };
  const { dialog, request } = requestWithin(call[side], {
    method,
    via: desk.via(),
    ...session,
    headers: [maxForwards(70), ...desk.ownHeaders(method), ...terms, ...session.headers],
  });
  return { call: { ...call, [side]: dialog }, method, request };
};
