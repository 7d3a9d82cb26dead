import { formatParams, paramValue, PORT } from "./grammar.ts";
import type { Param } from "./grammar.ts";

/** A `sip:` or `sips:` URI in its parts (RFC 3261 section 19.1). `user` and `password` stay escaped as they came. */
export interface SipUri {
  readonly kind: "sip";
  readonly scheme: "sip" | "sips";
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** In lower case; an IPv6 address keeps its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: readonly Param[];
  /** What follows the `?`, as it came. */
  readonly headers: string | undefined;
}

/** Any other URI: `tel:`, `http:`, `urn:` and schemes that nobody knows. */
export interface OtherUri {
  readonly kind: "other";
  readonly scheme: string;
  readonly opaque: string;
}

export type Uri = SipUri | OtherUri;

const UNRESERVED = "A-Za-z0-9\\-_.!~*'()%";
/** `#` is not in the grammar, but phones send the codes of vertical services with it. */
const USER = `[${UNRESERVED}&=+$,;?/#]+`;
const PASSWORD = `[${UNRESERVED}&=+$,]*`;
const PARAM_CHARS = `[${UNRESERVED}\\[\\]/:&+$]`;
const SIP_URI = new RegExp(
  `^([sS][iI][pP][sS]?):(?:(${USER})(?::(${PASSWORD}))?@)?(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(?::(${PORT}))?` +
    `((?:;${PARAM_CHARS}+(?:=${PARAM_CHARS}*)?)*)(?:\\?([${UNRESERVED}\\[\\]/?:+$=&]+))?$`,
);
const OTHER_URI = /^([A-Za-z][A-Za-z0-9+.-]*):([A-Za-z0-9\-_.!~*'()%;/?:@&=+$,#[\]]+)$/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/** The parts of a URI; `undefined` when the text is none, or a `sip:` URI that breaks its grammar. */
export const parseUri = (text: string): Uri | undefined => {
  if (text.includes("%") && BAD_ESCAPE.test(text)) return undefined;
  const sip = SIP_URI.exec(text);
  if (sip !== null) return sipUri(sip);
  const other = OTHER_URI.exec(text);
  if (other === null) return undefined;
  const [, scheme = "", opaque = ""] = other;
  const lower = scheme.toLowerCase();
  return lower === "sip" || lower === "sips" ? undefined : { kind: "other", scheme: lower, opaque };
};

const sipUri = (match: RegExpExecArray): SipUri => {
  const [, scheme = "", user, password, host = "", port, params = "", headers] = match;
  return {
    kind: "sip",
    scheme: scheme.length === 4 ? "sips" : "sip",
    user,
    password,
    host: host.toLowerCase(),
    port: port === undefined ? undefined : Number(port),
    params: uriParams(params),
    headers,
  };
};

const NONE: readonly Param[] = [];

const uriParams = (text: string): readonly Param[] =>
  text === ""
    ? NONE
    : text
        .slice(1)
        .split(";")
        .map((param) => {
          const equals = param.indexOf("=");
          return equals < 0
            ? { name: param.toLowerCase(), value: undefined }
            : { name: param.slice(0, equals).toLowerCase(), value: param.slice(equals + 1) };
        });

/** Whether the text is a URI that a message may carry: the check of {@link parseUri} without its parts. */
export const isUri = (text: string): boolean => {
  if (text.includes("%") && BAD_ESCAPE.test(text)) return false;
  if (SIP_URI.test(text)) return true;
  return OTHER_URI.test(text) && !/^sips?:/i.test(text);
};

export const formatUri = (uri: Uri): string => {
  if (uri.kind === "other") return `${uri.scheme}:${uri.opaque}`;
  const password = uri.password === undefined ? "" : `:${uri.password}`;
  const user = uri.user === undefined ? "" : `${uri.user}${password}@`;
  const port = uri.port === undefined ? "" : `:${uri.port}`;
  const headers = uri.headers === undefined ? "" : `?${uri.headers}`;
  return `${uri.scheme}:${user}${uri.host}${port}${formatParams(uri.params)}${headers}`;
};

/** The text behind `%HH`; bytes that are no UTF-8 stay escaped. */
export const unescapeUri = (text: string): string => {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
};

/** These differ when only one of two URIs carries them (RFC 3261 section 19.1.4). */
const DECISIVE_PARAMS = ["user", "ttl", "method", "maddr", "transport"];

/** Whether two `sip:` URIs are equal in the sense of RFC 3261 section 19.1.4. */
export const sameUri = (a: SipUri, b: SipUri): boolean =>
  a.scheme === b.scheme &&
  a.host === b.host &&
  a.port === b.port &&
  sameText(a.user, b.user) &&
  sameText(a.password, b.password) &&
  sameParams(a.params, b.params) &&
  sameHeaders(a.headers, b.headers);

/** Upper and lower case differ, escaped and unescaped do not. */
const sameText = (a = "", b = ""): boolean => a === b || unescapeUri(a) === unescapeUri(b);

const sameParams = (a: readonly Param[], b: readonly Param[]): boolean => {
  const values = (params: readonly Param[], name: string): string | undefined =>
    comparable(paramValue(params, name));
  return (
    DECISIVE_PARAMS.every((name) => values(a, name) === values(b, name)) &&
    a.every(({ name }) => {
      const other = values(b, name);
      return other === undefined || other === values(a, name);
    })
  );
};

const comparable = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : unescapeUri(text).toLowerCase();

const sameHeaders = (a: string | undefined, b: string | undefined): boolean => {
  const fields = (text: string | undefined): string =>
    (text ?? "")
      .split("&")
      .map((field) => comparable(field) ?? "")
      .sort()
      .join("&");
  return fields(a) === fields(b);
};
