import { splitList } from "./grammar.ts";

/** One header field. The name is in its canonical spelling, the value is unfolded and trimmed. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

/** The compact forms of RFC 3261 section 7.3.3 and of the RFCs that added some. */
const COMPACT: Readonly<Record<string, string>> = {
  a: "Accept-Contact", // RFC 3841
  b: "Referred-By", // RFC 3892
  c: "Content-Type",
  d: "Request-Disposition", // RFC 3841
  e: "Content-Encoding",
  f: "From",
  i: "Call-ID",
  j: "Reject-Contact", // RFC 3841
  k: "Supported",
  l: "Content-Length",
  m: "Contact",
  n: "Identity-Info", // RFC 4474
  o: "Event", // RFC 6665
  r: "Refer-To", // RFC 3515
  s: "Subject",
  t: "To",
  u: "Allow-Events", // RFC 6665
  v: "Via",
  x: "Session-Expires", // RFC 4028
  y: "Identity", // RFC 8224
};

const KNOWN: readonly string[] = [
  ...Object.values(COMPACT),
  ..."Accept Accept-Encoding Accept-Language Alert-Info Allow Authentication-Info Authorization".split(
    " ",
  ),
  ..."Call-Info Content-Disposition Content-Language CSeq Date Diversion Error-Info Expires".split(
    " ",
  ),
  ..."Geolocation History-Info In-Reply-To Join Max-Forwards MIME-Version Min-Expires Min-SE".split(
    " ",
  ),
  ..."Organization P-Access-Network-Info P-Asserted-Identity P-Called-Party-ID P-Charging-Vector".split(
    " ",
  ),
  ..."P-Early-Media P-Preferred-Identity Path Priority Privacy Proxy-Authenticate".split(" "),
  ..."Proxy-Authorization Proxy-Require RAck Reason Record-Route Remote-Party-ID Replaces".split(
    " ",
  ),
  ..."Reply-To Require Retry-After Route RSeq Server Service-Route SIP-ETag SIP-If-Match".split(
    " ",
  ),
  ..."Subscription-State Timestamp Unsupported User-Agent Warning WWW-Authenticate".split(" "),
];

const CANONICAL: ReadonlyMap<string, string> = new Map([
  ...KNOWN.flatMap((name): [string, string][] => [
    [name, name],
    [name.toLowerCase(), name],
  ]),
  ...Object.entries(COMPACT),
]);

/** The canonical spelling of a header's name, its compact form written out; of an unknown header the name itself. */
export const canonicalName = (name: string): string =>
  CANONICAL.get(name) ?? CANONICAL.get(name.toLowerCase()) ?? name;

/** Names compare without regard to case; known ones are canonical already. */
const isNamed = (header: Header, name: string): boolean =>
  header.name === name ||
  (header.name.length === name.length && header.name.toLowerCase() === name.toLowerCase());

interface HasHeaders {
  readonly headers: readonly Header[];
}

/** The value of the first header of that (canonical) name. */
export const headerValue = ({ headers }: HasHeaders, name: string): string | undefined => {
  for (const header of headers) if (isNamed(header, name)) return header.value;
  return undefined;
};

/** The values of all header lines of that name, in their order, each as it stands. */
export const headerLines = ({ headers }: HasHeaders, name: string): readonly string[] =>
  headers.filter((header) => isNamed(header, name)).map(({ value }) => value);

/** The elements of a header that holds a list, over all its lines; empty elements are left out. */
export const headerElements = (message: HasHeaders, name: string): readonly string[] =>
  headerLines(message, name)
    .flatMap(splitList)
    .filter((element) => element !== "");

/** Whether a list of option tags or methods (Supported, Require, Allow) names this one. */
export const hasElement = (message: HasHeaders, name: string, element: string): boolean =>
  headerElements(message, name).some((listed) => listed.toLowerCase() === element.toLowerCase());
