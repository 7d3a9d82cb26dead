import { filteredBody, passes } from "./filters.ts";
import type { Filter } from "./filters.ts";
import type { Capabilities } from "./sip/admission.ts";
import { identityOf } from "./sip/dialog.ts";
import { parseNumber, withParam } from "./sip/grammar.ts";
import { headerLines, headerValue } from "./sip/header.ts";
import type { Header } from "./sip/header.ts";
import { RELIABLE, reliabilityHeaders, reliabilityOf } from "./sip/reliability.ts";
import { createRequest } from "./sip/message.ts";
import type { SipMessage, SipRequest } from "./sip/message.ts";
import { formatUri, parseUri } from "./sip/uri.ts";
import type { Endpoint, Via } from "./sip/via.ts";

/**
 * What one leg hears of the other. Each message is made anew: our Via, Call-ID, tags and Contact, and of the headers
 * only those that are listed here, which hold no address of a hop.
 */
const PASSED = new Set([
  "Accept",
  "Accept-Language",
  "Content-Disposition",
  "Content-Encoding",
  "Content-Language",
  "Content-Type",
  "Diversion",
  "Expires",
  "Info-Package",
  "MIME-Version",
  "P-Asserted-Identity",
  "P-Early-Media",
  "Priority",
  "Privacy",
  "Reason",
  "Recv-Info",
  "Retry-After",
  "Subject",
  "Unsupported",
]);

/** What the proxy tells the load-balancer of the way of a new call; that takes it off before the call leaves. */
const TOLD_INSIDE = new Set(["P-NGCP-Next-Hop", "P-NGCP-Silent-Ms"]);

/** Extensions that each side has with us. */
const OWN_EXTENSIONS = ["timer", RELIABLE];

/** What is relayed within a call, and what is answered. */
const ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, MESSAGE";
export const ALLOW: Header = { name: "Allow", value: ALLOWED };
/** What a request outside of a dialog may ask for. */
export const CAPABILITIES: Capabilities = {
  methods: ALLOWED.split(", "),
  optionTags: OWN_EXTENSIONS,
  contentTypes: ["application/sdp"],
  schemes: ["sip", "sips", "tel"],
};
export const SERVER: Header = { name: "Server", value: "Tandem sbc" };

/** The methods whose requests and 2xx carry a Contact: they set the target of the dialog. */
const REFRESHING = new Set(["INVITE", "UPDATE"]);

/** Contact of ours: an address that both nodes have. */
const contactHeader = ({ address, port }: Endpoint): Header => ({
  name: "Contact",
  value: `<${formatUri({
    kind: "sip",
    scheme: "sip",
    user: undefined,
    password: undefined,
    host: address.includes(":") ? `[${address}]` : address,
    port,
    params: [],
    headers: undefined,
  })}>`,
});

/** Of a message of ours with that method, or of the answer to one. */
export const ownHeaders = (method: string, self: Endpoint): readonly Header[] =>
  REFRESHING.has(method) ? [contactHeader(self), ALLOW] : [];

/** The headers of a message for the other leg, besides those that every message has. */
export const onwardHeaders = (
  message: SipMessage,
  { self, filter, trusted }: Recipient,
): readonly Header[] => {
  const hides = !trusted && wantsPrivacy(message);
  return [
    ...ownHeaders(message.cseq.method, self),
    ...message.headers.filter(
      ({ name }) => passes(name, PASSED.has(name), filter) && !(hides && IDENTITIES.has(name)),
    ),
  ];
};

/** Who a message is for. */
export interface Recipient {
  readonly self: Endpoint;
  readonly filter: Filter | undefined;
  /** Whether it may learn who does not want to be known: inside of our trust domain alone (RFC 3325 section 7). */
  readonly trusted: boolean;
}

const IDENTITIES = new Set([
  ...["P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"],
  ...["Diversion", "History-Info"],
]);

const wantsPrivacy = (message: SipMessage): boolean =>
  headerLines(message, "Privacy").some((line) =>
    line.split(";").some((value) => /^(id|user|header)$/i.test(value.trim())),
  );

const MAX_HOPS = 70;

/** How many hops are left; 70 when nothing is said, 0 when it cannot be read. */
export const hopsLeft = (request: SipRequest): number => {
  const text = headerValue(request, "Max-Forwards");
  return text === undefined ? MAX_HOPS : (parseNumber(text, 255) ?? 0);
};

export const maxForwards = (hops: number): Header => ({
  name: "Max-Forwards",
  value: String(hops),
});

interface NewLeg {
  readonly callId: string;
  readonly tag: string;
  readonly via: Via;
  readonly self: Endpoint;
  /** What we offer of session timers. */
  readonly terms: readonly Header[];
  readonly filter: Filter | undefined;
}

/** Whom a Request-URI names, without the parameters that tell of the way. */
const calledAs = (text: string): string => {
  const uri = parseUri(text);
  return uri?.kind === "sip"
    ? formatUri({ ...uri, password: undefined, port: undefined, params: [], headers: undefined })
    : text;
};

/**
 * The INVITE of the second leg. Who calls is kept; who is called is whom this leg is for: To says what the caller has
 * dialled, with its service codes, and the host that its phone knows us by.
 */
export const onwardInvite = (
  invite: SipRequest,
  { callId, tag, via, self, terms, filter }: NewLeg,
): SipRequest =>
  createRequest({
    method: "INVITE",
    uri: invite.uri,
    vias: [via],
    from: { ...identityOf(invite.from), params: withParam([], "tag", tag) },
    to: { displayName: undefined, uri: calledAs(invite.uri), params: [] },
    callId,
    cseq: { sequence: 1, method: "INVITE" },
    headers: [
      maxForwards(hopsLeft(invite) - 1),
      ...invite.headers.filter(({ name }) => TOLD_INSIDE.has(name)),
      ...onwardHeaders(invite, { self, filter, trusted: filter?.untrusted !== true }),
      ...terms,
      ...reliabilityHeaders(reliabilityOf(invite)),
    ],
    body: filteredBody(invite, filter),
  });

/**
 * The status for the other leg. A redirection would tell where the callee is, a challenge is for us, who have no password
 * there, and so is an interval that was too small, or an extension that we did not offer: none is for the caller.
 */
export const onwardStatus = (status: number): number => {
  if (status >= 300 && status < 400) return 480;
  if (status === 421 || status === 422) return 500;
  return status === 401 || status === 407 ? 503 : status;
};
