import { cseqOf, headerOf, headersOf, parameterOf, uriOf } from "./message.ts";
import type { Header, SipRequest, SipResponse } from "./message.ts";

/** What a phone remembers of a call to send requests within it (RFC 3261, 12). */
export interface Dialog {
  readonly callId: string;
  readonly localParty: string;
  readonly remoteParty: string;
  readonly routeSet: readonly string[];
  remoteTarget: string;
  localSequence: number;
}

/** The dialog of a caller, from its INVITE and the 200. */
export const dialogOfCaller = (invite: SipRequest, response: SipResponse): Dialog => ({
  callId: headerOf(invite, "Call-ID"),
  localParty: headerOf(invite, "From"),
  remoteParty: headerOf(response, "To"),
  routeSet: headersOf(response, "Record-Route").toReversed(),
  remoteTarget: uriOf(headerOf(response, "Contact")),
  localSequence: cseqOf(invite).number,
});

/** The dialog of a callee, from the INVITE it got and the tag it gave. */
export const dialogOfCallee = (invite: SipRequest, localTag: string): Dialog => ({
  callId: headerOf(invite, "Call-ID"),
  localParty: `${headerOf(invite, "To")};tag=${localTag}`,
  remoteParty: headerOf(invite, "From"),
  routeSet: headersOf(invite, "Record-Route"),
  remoteTarget: uriOf(headerOf(invite, "Contact")),
  localSequence: 0,
});

/** A request within `dialog`; an ACK carries the number of its INVITE, anything else the next one. */
export const requestWithin = (
  dialog: Dialog,
  method: string,
  more: { readonly via: Header; readonly headers?: readonly Header[]; readonly body?: string },
): SipRequest => {
  if (method !== "ACK") dialog.localSequence += 1;
  return {
    kind: "request",
    method,
    uri: dialog.remoteTarget,
    headers: [
      more.via,
      ["Max-Forwards", "70"],
      ...dialog.routeSet.map((route): Header => ["Route", route]),
      ["From", dialog.localParty],
      ["To", dialog.remoteParty],
      ["Call-ID", dialog.callId],
      ["CSeq", `${dialog.localSequence} ${method}`],
      ...(more.headers ?? []),
    ],
    body: more.body ?? "",
  };
};

/** True when `request` belongs to `dialog`: same Call-ID and the tag of its sender. */
export const belongsTo = (request: SipRequest, dialog: Dialog): boolean =>
  headerOf(request, "Call-ID") === dialog.callId &&
  parameterOf(headerOf(request, "From"), "tag") === parameterOf(dialog.remoteParty, "tag");
