import { maxForwards } from "../hiding.ts";
import { authorize } from "../sip/digest-client.ts";
import { createRequest } from "../sip/message.ts";
import type { SipRequest } from "../sip/message.ts";
import { formatUri } from "../sip/uri.ts";
import type { Via } from "../sip/via.ts";
import type { Registration } from "./registration.ts";

interface Sending {
  readonly via: Via;
  /** A tag of From that never was. */
  readonly tag: string;
  readonly cnonce: string;
  /** Where the peer finds us: the shared public address. */
  readonly publicHost: string;
  /** 0 takes the registration away. */
  readonly expiresSeconds: number;
  readonly password: string | undefined;
}

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** What the user part of a URI does not hold as it is (RFC 3261 section 25.1). */
const escaped = (user: string): string =>
  user.replaceAll(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join(""),
  );

const uriOf = (user: string | undefined, host: string, transport?: string): string =>
  formatUri({
    kind: "sip",
    scheme: "sip",
    user: user === undefined ? undefined : escaped(user),
    password: undefined,
    host,
    port: undefined,
    params: transport === undefined ? [] : [{ name: "transport", value: transport }],
    headers: undefined,
  });

/** Where the number of the subscriber is to be called, as the peer keeps it. */
export const contactOf = ({ number }: Registration, publicHost: string): string =>
  uriOf(number, bracketed(publicHost));

/** The next REGISTER (RFC 3261 section 10.2), and the registration as it is when that has been sent. */
export const nextRegister = (
  registration: Registration,
  { via, tag, cnonce, publicHost, expiresSeconds, password }: Sending,
): { readonly request: SipRequest; readonly registration: Registration } => {
  const { registrar, username, transport, target, callId, session } = registration;
  const sequence = registration.sequence + 1;
  const address = { displayName: undefined, uri: uriOf(username, registrar) };
  const request = createRequest({
    method: "REGISTER",
    uri: uriOf(undefined, registrar, transport === "udp" ? undefined : transport),
    vias: [via],
    from: { ...address, params: [{ name: "tag", value: tag }] },
    to: { ...address, params: [] },
    callId,
    cseq: { sequence, method: "REGISTER" },
    headers: [
      maxForwards(70),
      { name: "Contact", value: `<${contactOf(registration, publicHost)}>` },
      { name: "Expires", value: String(expiresSeconds) },
      {
        name: "P-NGCP-Next-Hop",
        value: `sip:${bracketed(target.address)}:${target.port};transport=${transport}`,
      },
    ],
  });
  const numbered = { ...registration, sequence };
  if (session === undefined || password === undefined) return { request, registration: numbered };
  const { header, session: used } = authorize(session, { username, password }, request, cnonce);
  return {
    request: { ...request, headers: [...request.headers, header] },
    registration: { ...numbered, session: used },
  };
};
