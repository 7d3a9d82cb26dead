import { isIP } from "node:net";
import { maxForwards } from "../hiding.ts";
import { parseNameAddr, tagOf } from "../sip/address.ts";
import type { NameAddr } from "../sip/address.ts";
import { requestWithin } from "../sip/dialog.ts";
import { withParam } from "../sip/grammar.ts";
import { headerValue } from "../sip/header.ts";
import { createRequest } from "../sip/message.ts";
import type { SipRequest } from "../sip/message.ts";
import { parseUri } from "../sip/uri.ts";
import type { Endpoint } from "../sip/via.ts";
import { randomToken } from "../transport.ts";
import { sequenceIn } from "./dialogs.ts";
import type { HeldDialog } from "./dialogs.ts";
import { headersOfDraft } from "./ground.ts";
import type { Ground } from "./ground.ts";
import type { Sending } from "./orders.ts";

const HOPS = 70;

/** drachtio-srf writes this where it knows no host of its own. */
const withHost = (address: NameAddr, { address: host }: Endpoint): NameAddr => ({
  ...address,
  uri: address.uri.replace(/^(sips?:[^@]*@)localhost(?=[;:?]|$)/i, `$1${host}`),
});

/** The address of a URI that is one, and that this machine has a way to by itself: the loopback. */
const loopbackOf = (uri: string): Endpoint | undefined => {
  const parsed = parseUri(uri);
  if (parsed?.kind !== "sip" || !/^127\.\d+\.\d+\.\d+$/.test(parsed.host)) return undefined;
  return { address: parsed.host, port: parsed.port ?? 5060 };
};

const endpointOf = (uri: string): Endpoint | undefined => {
  const parsed = parseUri(uri);
  if (parsed?.kind !== "sip" || isIP(parsed.host) === 0) return undefined;
  return { address: parsed.host, port: parsed.port ?? 5060 };
};

/**
 * A request outside of a dialog: with the From, To, Call-ID and number of CSeq that the application gives, for one that
 * answers a challenge goes on with those of the first.
 */
export const requestOutside = (
  { draft }: Sending,
  { desk, tags }: Ground,
): SipRequest | undefined => {
  const { local } = desk.transport;
  const own = `<sip:${local.address}:${local.port}>`;
  const from = parseNameAddr(headerValue(draft, "From") ?? own);
  const to = parseNameAddr(headerValue(draft, "To") ?? `<${draft.uri}>`);
  if (from === undefined || to === undefined) return undefined;
  const given = tagOf(from);
  const tag = tags.isOurs(given) ? given : tags.make();
  const sequence = sequenceIn(headerValue(draft, "CSeq"));
  return createRequest({
    method: draft.method,
    uri: draft.uri,
    vias: [desk.via()],
    from: withHost({ ...from, params: withParam(from.params, "tag", tag) }, local),
    to: withHost(to, local),
    callId: headerValue(draft, "Call-ID") ?? randomToken(),
    cseq: { sequence, method: draft.method },
    headers: [maxForwards(HOPS), ...headersOfDraft(draft, draft.method, local)],
    body: draft.body,
  });
};

/** The next request of a dialog. */
export const requestInside = (
  held: HeldDialog,
  { draft }: Sending,
  { desk }: Ground,
): SipRequest => {
  const headers = headersOfDraft(draft, draft.method, desk.transport.local);
  const { dialog, request } = requestWithin(held.dialog, {
    method: draft.method,
    via: desk.via(),
    // The way is the dialog's.
    headers: [maxForwards(HOPS), ...headers.filter(({ name }) => name !== "Route")],
    body: draft.body,
  });
  held.dialog = dialog;
  return request;
};

/** Where a request outside of a dialog goes: by its proxy, on this machine directly, elsewhere by the load-balancer. */
export const targetOfSending = ({ draft, proxy }: Sending, { desk }: Ground): Endpoint =>
  (proxy === undefined ? undefined : endpointOf(proxy)) ?? loopbackOf(draft.uri) ?? desk.nextHop;
