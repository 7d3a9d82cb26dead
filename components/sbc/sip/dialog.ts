import { formatNameAddr, parseNameAddr, tagOf } from "./address.ts";
import type { NameAddr } from "./address.ts";
import { paramValue, withParam } from "./grammar.ts";
import { headerElements } from "./header.ts";
import type { Header } from "./header.ts";
import { createRequest } from "./message.ts";
import type { SipMessage, SipRequest, SipResponse } from "./message.ts";
import { parseUri } from "./uri.ts";
import type { Endpoint, Via } from "./via.ts";

/**
 * A dialog as one side keeps it (RFC 3261 section 12), early or confirmed. Plain data made of texts, so that it can be
 * written down and taken over.
 */
export interface Dialog {
  readonly callId: string;
  readonly localTag: string;
  /** Absent until the peer has answered, and for ever with a peer of RFC 2543 that gives none. */
  readonly remoteTag?: string | undefined;
  /** What our requests have in From, without its tag. */
  readonly local: string;
  /** What our requests have in To, without its tag. */
  readonly remote: string;
  /** Of our last request other than ACK and CANCEL. */
  readonly localSequence: number;
  /** Of the peer's last request; absent until it sends one. */
  readonly remoteSequence?: number | undefined;
  /** In the order in which our requests carry it, each element as it came. */
  readonly routeSet: readonly string[];
  /** The peer's Contact, or where the first request went. */
  readonly remoteTarget: string;
}

const contactOf = (message: SipMessage): string | undefined => {
  const [first = ""] = headerElements(message, "Contact");
  return parseNameAddr(first)?.uri;
};

/** Display name and URI without any parameter: they may tell of the way that a message came. */
export const identityOf = ({ displayName, uri }: NameAddr): NameAddr => ({
  displayName,
  uri,
  params: [],
});

const textOf = (address: NameAddr): string => formatNameAddr(identityOf(address));

/** The dialog of the side that a request comes to; `undefined` when that has no Contact (section 12.1.1). */
export const serverDialog = (request: SipRequest, localTag: string): Dialog | undefined => {
  const remoteTarget = contactOf(request);
  if (remoteTarget === undefined) return undefined;
  return {
    callId: request.callId,
    localTag,
    remoteTag: tagOf(request.from),
    local: textOf(request.to),
    remote: textOf(request.from),
    localSequence: 0,
    remoteSequence: request.cseq.sequence,
    routeSet: headerElements(request, "Record-Route"),
    remoteTarget,
  };
};

/** What the sender of a request knows before anybody answered it. */
export const clientDialog = (request: SipRequest): Dialog => ({
  callId: request.callId,
  localTag: tagOf(request.from) ?? "",
  local: textOf(request.from),
  remote: textOf(request.to),
  localSequence: request.cseq.sequence,
  routeSet: [],
  remoteTarget: request.uri,
});

/**
 * The dialog that a provisional response or a 2xx makes of it (section 12.1.2). Each tag of a fork makes one of its
 * own; the 2xx makes the route set anew (section 13.2.2.4).
 */
export const answeredDialog = (dialog: Dialog, response: SipResponse): Dialog => ({
  ...dialog,
  remoteTag: tagOf(response.to),
  routeSet: headerElements(response, "Record-Route").toReversed(),
  remoteTarget: contactOf(response) ?? dialog.remoteTarget,
});

/** What a target refresh changes (section 12.2): re-INVITE and UPDATE, and their 2xx. */
export const refreshedDialog = (dialog: Dialog, message: SipMessage): Dialog => ({
  ...dialog,
  remoteTarget: contactOf(message) ?? dialog.remoteTarget,
});

export type Admission =
  | { readonly kind: "admitted"; readonly dialog: Dialog }
  | { readonly kind: "refused"; readonly status: 481 | 500 };

/**
 * Whether a request belongs to the dialog and comes in order (section 12.2.2). An equal number is let in: the
 * transactions keep retransmissions out, and after a takeover what comes again has not been answered.
 */
export const admitRequest = (dialog: Dialog, request: SipRequest): Admission => {
  const { sequence } = request.cseq;
  if (request.callId !== dialog.callId || tagOf(request.from) !== dialog.remoteTag)
    return { kind: "refused", status: 481 };
  if (sequence < (dialog.remoteSequence ?? 0)) return { kind: "refused", status: 500 };
  return { kind: "admitted", dialog: { ...dialog, remoteSequence: sequence } };
};

/** What a request of ours within a dialog is made of. */
export interface WithinParts {
  readonly method: string;
  readonly via: Via;
  readonly headers: readonly Header[];
  readonly body?: Uint8Array;
}

/** The next request of a dialog, and the dialog after it. */
export const requestWithin = (
  dialog: Dialog,
  parts: WithinParts,
): { readonly dialog: Dialog; readonly request: SipRequest } => {
  const localSequence = dialog.localSequence + 1;
  return {
    dialog: { ...dialog, localSequence },
    request: within(dialog, parts, localSequence),
  };
};

/** The ACK of a 2xx: it has the number of its INVITE (section 13.2.2.4). */
export const ackWithin = (
  dialog: Dialog,
  parts: Omit<WithinParts, "method">,
  sequence: number,
): SipRequest => within(dialog, { ...parts, method: "ACK" }, sequence);

const within = (dialog: Dialog, parts: WithinParts, sequence: number): SipRequest => {
  const { method, via, headers, body } = parts;
  const { uri, routes } = wayOf(dialog);
  return createRequest({
    method,
    uri,
    vias: [via],
    from: addressOf(dialog.local, dialog.localTag),
    to: addressOf(dialog.remote, dialog.remoteTag),
    callId: dialog.callId,
    cseq: { sequence, method },
    headers: [...routes.map((value) => ({ name: "Route", value })), ...headers],
    ...(body === undefined ? {} : { body }),
  });
};

const addressOf = (text: string, tag: string | undefined): NameAddr => {
  const { displayName, uri } = parseNameAddr(text) ?? { displayName: undefined, uri: text };
  return { displayName, uri, params: withParam([], "tag", tag) };
};

const routeUri = (route: string): string => parseNameAddr(route)?.uri ?? route;

const isLoose = (uri: string): boolean => {
  const parsed = parseUri(uri);
  return parsed?.kind === "sip" && paramValue(parsed.params, "lr") !== undefined;
};

/** Request-URI and Route; a first hop that routes strictly takes the place of the target (section 12.2.1.1). */
const wayOf = ({ routeSet, remoteTarget }: Dialog): { uri: string; routes: readonly string[] } => {
  const [first, ...others] = routeSet;
  if (first === undefined || isLoose(routeUri(first)))
    return { uri: remoteTarget, routes: routeSet };
  return { uri: routeUri(first), routes: [...others, `<${remoteTarget}>`] };
};

/**
 * Where the requests of a dialog go: to the first hop of its route set, however that routes, else to the target
 * (sections 8.1.2 and 12.2.1.1). The host may be a name; `undefined` for a URI that is not `sip:` or `sips:`.
 */
export const nextHopOf = ({ routeSet: [first], remoteTarget }: Dialog): Endpoint | undefined => {
  const uri = parseUri(first === undefined ? remoteTarget : routeUri(first));
  if (uri?.kind !== "sip") return undefined;
  const address = uri.host.startsWith("[") ? uri.host.slice(1, -1) : uri.host;
  return { address, port: uri.port ?? 5060 };
};
