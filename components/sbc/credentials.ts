import { randomToken } from "./transport.ts";
import { authorize, sessionFor } from "./sip/digest-client.ts";
import { headerValue } from "./sip/header.ts";
import type { Header } from "./sip/header.ts";
import type { SipRequest, SipResponse } from "./sip/message.ts";
import type { Vault } from "./vault.ts";

/** Who we are towards the callee's side of a call. */
export interface PeerAccount {
  readonly username: string;
  /** The password, which the vault opens. */
  readonly sealed: string;
  /** The only realm that learns it; any where it is absent. */
  readonly realm?: string | undefined;
}

/** Words in hexadecimal digits, so that a password may hold any character: user, password and, where there is one, realm. */
const TOLD = "P-NGCP-Peer-Auth";

/** The account for the peer of a new call, as the proxy tells it. */
export const accountOf = (invite: SipRequest, vault: Vault): PeerAccount | undefined => {
  const [username, password, realm] = (headerValue(invite, TOLD) ?? "")
    .split(" ")
    .map((word) => Buffer.from(word, "hex").toString());
  if (username === undefined || username === "" || password === undefined) return undefined;
  return { username, sealed: vault.seal(password), ...(realm === undefined ? {} : { realm }) };
};

/** The INVITE without what nobody but us is to read: it stands in the record and in what we print. */
export const withoutAccount = (invite: SipRequest): SipRequest =>
  headerValue(invite, TOLD) !== undefined
    ? { ...invite, headers: invite.headers.filter(({ name }) => name !== TOLD) }
    : invite;

const CREDENTIALS = ["Authorization", "Proxy-Authorization"];

export const isCredential = ({ name }: Header): boolean => CREDENTIALS.includes(name);

/** Who we are, and what opens it. */
export interface Identity {
  readonly account: PeerAccount | undefined;
  readonly vault: Vault;
}

/**
 * What answers a challenge to a request of ours, for `next`, the request that is sent in its place (RFC 3261 section 22.2);
 * undefined when there is no answer, or when the one that it carried was refused.
 */
export const answerToChallenge = (
  { account, vault }: Identity,
  sent: SipRequest,
  response: SipResponse,
): ((next: SipRequest) => SipRequest) | undefined => {
  if (account === undefined || (response.status !== 401 && response.status !== 407))
    return undefined;
  const asked = sessionFor(response, undefined);
  const session = sent.headers.some(isCredential) ? sessionFor(response, asked) : asked;
  if (session === undefined || (account.realm ?? session.realm) !== session.realm) return undefined;
  const { username, sealed } = account;
  const password = vault.open(sealed);
  if (password === undefined) return undefined;
  return (next) => {
    const { header } = authorize(session, { username, password }, next, randomToken());
    return { ...next, headers: [...next.headers, header] };
  };
};
