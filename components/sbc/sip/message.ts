import { formatNameAddr } from "./address.ts";
import type { Essentials } from "./essentials.ts";
import type { Header } from "./header.ts";
import { formatVia } from "./via.ts";
import type { Via } from "./via.ts";

/** The methods that this appliance knows, in the order in which Allow names them. */
export const METHODS = [
  "INVITE",
  "ACK",
  "CANCEL",
  "BYE",
  "OPTIONS",
  "PRACK",
  "UPDATE",
  "INFO",
  "REFER",
  "NOTIFY",
  "MESSAGE",
  "SUBSCRIBE",
  "REGISTER",
  "PUBLISH",
] as const;

interface Content {
  /** All header fields in the order in which they came or go, without Content-Length: that is the body's. */
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export interface SipRequest extends Essentials, Content {
  readonly kind: "request";
  /** Upper and lower case differ, and nothing is unescaped: `RE%47ISTER` is not `REGISTER`. */
  readonly method: string;
  /** The Request-URI as it came, checked by the grammar of its scheme. */
  readonly uri: string;
}

export interface SipResponse extends Essentials, Content {
  readonly kind: "response";
  /** From 100 to 699. */
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;

const NO_BODY = new Uint8Array(0);

/** A body, or none. */
type Rest = Partial<Content>;

/** What a request is made of; `headers` are the others, those besides the essential ones. */
export type RequestParts = Omit<SipRequest, "kind" | keyof Content> & Rest;

/** A request of our own. Its headers stand in the order of RFC 3261 section 24.2. */
export const createRequest = (parts: RequestParts): SipRequest => {
  const { headers = [], body = NO_BODY, ...start } = parts;
  return { kind: "request", ...start, headers: [...essentialHeaders(parts), ...headers], body };
};

export type ResponseParts = Omit<SipResponse, "kind" | keyof Content> & Rest;

/** A response from its parts; `responseTo` takes the essential ones from the request. */
export const createResponse = (parts: ResponseParts): SipResponse => {
  const { headers = [], body = NO_BODY, ...start } = parts;
  return { kind: "response", ...start, headers: [...essentialHeaders(parts), ...headers], body };
};

const essentialHeaders = ({ vias, from, to, callId, cseq }: Essentials): readonly Header[] => [
  ...vias.map((via) => ({ name: "Via", value: formatVia(via) })),
  { name: "From", value: formatNameAddr(from) },
  { name: "To", value: formatNameAddr(to) },
  { name: "Call-ID", value: callId },
  { name: "CSeq", value: `${cseq.sequence} ${cseq.method}` },
];

/** The same message with another top Via, as a server keeps it (`viaReceivedFrom`). */
export const withTopVia = <Message extends SipMessage>(message: Message, via: Via): Message => {
  if (via === message.vias[0]) return message;
  const vias: SipMessage["vias"] = [via, ...message.vias.slice(1)];
  const lines = vias.map((each) => ({ name: "Via", value: formatVia(each) }));
  const others = message.headers.filter(({ name }) => name !== "Via");
  return { ...message, vias, headers: [...lines, ...others] };
};
