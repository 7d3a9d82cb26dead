import type { Desk } from "../desk.ts";
import { SERVER, ownHeaders } from "../hiding.ts";
import { headerValue } from "../sip/header.ts";
import type { Header } from "../sip/header.ts";
import type { SipMessage } from "../sip/message.ts";
import { parseMessage } from "../sip/parse.ts";
import { serialize } from "../sip/serialize.ts";
import type { Endpoint } from "../sip/via.ts";
import { randomToken } from "../transport.ts";
import type { HeldDialog, HeldDialogs } from "./dialogs.ts";
import type { Draft } from "./draft.ts";
import type { Link } from "./link.ts";
import type { ApplicationTags } from "./tags.ts";
import { refusedWord, sentWord, sipWord } from "./words.ts";

/** What both sides of an application's user agent work with. */
export interface Ground {
  readonly desk: Pick<
    Desk,
    "transport" | "timers" | "nextHop" | "via" | "targetOf" | "ownHeaders" | "settings"
  >;
  readonly dialogs: HeldDialogs;
  readonly tags: ApplicationTags;
}

/** What each message of ours is made of anew, whatever an application writes. */
const OURS = new Set([
  ...["Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Record-Route", "Content-Length"],
  ...["Server", "User-Agent"],
]);

/** Nobody hears a PRACK of an application's, so it is not offered. */
const withoutReliability = (header: Header): readonly Header[] => {
  if (header.name !== "Supported" && header.name !== "Require") return [header];
  const kept = header.value.split(",").filter((tag) => tag.trim().toLowerCase() !== "100rel");
  return kept.length === 0 ? [] : [{ ...header, value: kept.join(",").trim() }];
};

/** A redirection, and a registration, name somebody else's address; elsewhere the Contact is ours. */
const keepsContact = (draft: Draft, method: string): boolean =>
  method === "REGISTER" || (draft.kind === "response" && draft.status >= 300);

const MAKES_DIALOG = new Set(["INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"]);

/** The headers of an application's message, and those that only we can write. */
export const headersOfDraft = (
  draft: Draft,
  method: string,
  local: Endpoint,
): readonly Header[] => {
  const keeps = keepsContact(draft, method);
  const own =
    !keeps && MAKES_DIALOG.has(method) ? ownHeaders("INVITE", local) : ownHeaders("", local);
  const names = new Set(own.map(({ name }) => name));
  const theirs = draft.headers
    .filter(({ name }) => !OURS.has(name) && !names.has(name) && (keeps || name !== "Contact"))
    .flatMap(withoutReliability);
  const type =
    draft.body.length > 0 && headerValue(draft, "Content-Type") === undefined
      ? [{ name: "Content-Type", value: "application/sdp" }]
      : [];
  return [...own, ...theirs, ...type, SERVER];
};

/** Whether others take it for a message: an application may have written anything. */
export const isSound = (message: SipMessage): boolean =>
  parseMessage(serialize(message)).kind !== "malformed";

/** Where a message of an application is about to go, or has come from. */
interface Way {
  readonly remote: Endpoint;
  readonly transactionId: string;
  readonly dialogId: string;
}

/** What applications are told. */
export class Herald {
  readonly #local: () => Endpoint;

  constructor(local: () => Endpoint) {
    this.#local = local;
  }

  /** A message has come. */
  came(link: Link, message: SipMessage, way: Way): void {
    link.say(sipWord(randomToken(), message, this.#about(way)));
  }

  /** A message of its order has been sent. */
  sent(link: Link, order: string, message: SipMessage, way: Way): void {
    link.say(sentWord(randomToken(), order, message, this.#about(way)));
  }

  /** A BYE went out in its name: the other side never acknowledged. */
  ended({ link, id }: HeldDialog, bye: SipMessage, remote: Endpoint): void {
    const about = this.#about({ remote, transactionId: "unsolicited", dialogId: id });
    link.say(sipWord(randomToken(), bye, about, "application"));
  }

  refused(link: Link, order: string, reason: string): void {
    link.say(refusedWord(randomToken(), order, reason));
  }

  #about(way: Way) {
    return { ...way, local: this.#local(), at: new Date() };
  }
}
