import { randomToken } from "./transport.ts";
import { authorize, sessionFor } from "./sip/digest-client.ts";
import type { Account } from "./sip/digest-client.ts";
import { headerValue } from "./sip/header.ts";
import type { Header } from "./sip/header.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";

/** Who we are towards the callee's side of a call. */
export interface PeerAccount extends Account {
  /** The only realm that learns it; any where it is absent. */
  readonly realm?: string | undefined;
}

/** Words in hexadecimal digits, so that a password may hold any character: user, password and, where there is one, realm. */
const TOLD = "P-NGCP-Peer-Auth";

/** The account for the peer of a new call, as the proxy tells it. */
export const accountOf = (invite: SipRequest): PeerAccount | undefined => {
  const [username, password, realm] = (headerValue(invite, TOLD) ?? "")
    .split(" ")
    .map((word) => Buffer.from(word, "hex").toString());
  if (username === undefined || username === "" || password === undefined) return undefined;
  return { username, password, ...(realm === undefined ? {} : { realm }) };
};

/** The INVITE without what nobody but us is to read: it stands in the record and in what we print. */
export const withoutAccount = (invite: SipRequest): SipRequest =>
  headerValue(invite, TOLD) !== undefined
    ? { ...invite, headers: invite.headers.filter(({ name }) => name !== TOLD) }
    : invite;

const CREDENTIALS = ["Authorization", "Proxy-Authorization"];

export const isCredential = ({ name }: Header): boolean => CREDENTIALS.includes(name);

/**
 * What answers a challenge to a request of ours, for `next`, the request that is sent in its place (RFC 3261 section 22.2);
 * undefined when there is no answer, or when the one that it carried was refused.
 */
export const answerToChallenge = (
  account: PeerAccount | undefined,
  sent: SipRequest,
  response: SipResponse,
): ((next: SipRequest) => SipRequest) | undefined => {
  if (account === undefined || (response.status !== 401 && response.status !== 407))
    return undefined;
  const asked = sessionFor(response, undefined);
  const session = sent.headers.some(isCredential) ? sessionFor(response, asked) : asked;
  if (session === undefined || (account.realm ?? session.realm) !== session.realm) return undefined;
  return (next) => {
    const { header } = authorize(session, account, next, randomToken());
    return { ...next, headers: [...next.headers, header] };
  };
};
