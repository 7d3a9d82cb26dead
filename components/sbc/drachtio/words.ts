import type { SipMessage } from "../sip/message.ts";
import { serialize } from "../sip/serialize.ts";
import type { Endpoint } from "../sip/via.ts";

/** What stands in each word about a SIP message, besides the message. */
export interface About {
  /** Where it came from, or where it went. */
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly at: Date;
  readonly transactionId: string;
  /** Empty where there is no dialog. */
  readonly dialogId: string;
}

/** The version of drachtio-server whose words these are; drachtio-srf pings those from v0.8.2 on. */
const VERSION = "v0.9.0";

/** `|` would begin another word. */
const word = (text: string): string => text.replace(/[|\r\n]/g, " ");

const clock = (at: Date): string => at.toISOString().slice(11, 23);

const textOf = (message: SipMessage): string => serialize(message).toString();

const numbersOf = (text: string, { remote, at, transactionId, dialogId }: About): string =>
  [
    ...[Buffer.byteLength(text), "udp", remote.address, remote.port],
    ...[clock(at), transactionId, dialogId],
  ].join("|");

/** A message that came, or with `application` one that was sent on behalf of the application without its asking. */
export const sipWord = (
  id: string,
  message: SipMessage,
  about: About,
  source: "network" | "application" = "network",
): string => {
  const text = textOf(message);
  const { address, port } = about.local;
  return `${id}|sip|${source}|${numbersOf(text, about)}|${address}|${port}\r\n${text}`;
};

/** That the message of an order went out, and how. */
export const sentWord = (id: string, order: string, message: SipMessage, about: About): string => {
  const text = textOf(message);
  return `${id}|response|${order}|OK|application|${numbersOf(text, about)}\r\n${text}`;
};

export const welcomeWord = (id: string, order: string, { address, port }: Endpoint): string => {
  const hostport = `udp/${address}:${port}`;
  return `${id}|response|${order}|OK|${hostport}|${VERSION}|${hostport}`;
};

export const doneWord = (id: string, order: string): string => `${id}|response|${order}|OK`;

export const refusedWord = (id: string, order: string, reason: string): string =>
  `${id}|response|${order}|NOK|${word(reason)}`;
