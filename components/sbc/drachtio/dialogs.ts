import { parseNameAddr, tagOf } from "../sip/address.ts";
import type { Dialog } from "../sip/dialog.ts";
import { parseNumber } from "../sip/grammar.ts";
import type { SipRequest, SipResponse } from "../sip/message.ts";
import { headerElements } from "../sip/header.ts";
import type { Link } from "./link.ts";

/** A dialog whose end is an application: the memory of this process, which no other one takes over. */
export interface HeldDialog {
  /** The tag of our side; the application knows the dialog by it. */
  readonly id: string;
  readonly link: Link;
  dialog: Dialog;
  /** The INVITE of ours whose 2xx waits for the application's ACK. */
  unacknowledged?: number | undefined;
  /** The ACK that a repeated 2xx brings out again. */
  lastAck?: SipRequest | undefined;
}

/** Dialogs by their id. */
export class HeldDialogs {
  readonly #byId = new Map<string, HeldDialog>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string | undefined): HeldDialog | undefined {
    return id === undefined ? undefined : this.#byId.get(id);
  }

  keep(id: string, link: Link, dialog: Dialog): HeldDialog {
    const known = this.#byId.get(id);
    if (known !== undefined) {
      known.dialog = dialog;
      return known;
    }
    const held: HeldDialog = { id, link, dialog };
    this.#byId.set(id, held);
    return held;
  }

  forget(id: string): void {
    this.#byId.delete(id);
  }

  /** Those of one application. */
  of(link: Link): readonly HeldDialog[] {
    return [...this.#byId.values()].filter((held) => held.link === link);
  }
}

/**
 * The dialog that a 2xx has made which nobody here waits for any more: enough for its ACK and a BYE. Without a Contact
 * there is no way to its sender.
 */
export const dialogOfStray = (response: SipResponse): Dialog | undefined => {
  const { from, to, callId, cseq } = response;
  const [contact = ""] = headerElements(response, "Contact");
  const remoteTarget = parseNameAddr(contact)?.uri;
  if (remoteTarget === undefined) return undefined;
  return {
    callId,
    localTag: tagOf(from) ?? "",
    remoteTag: tagOf(to),
    local: `<${from.uri}>`,
    remote: `<${to.uri}>`,
    localSequence: cseq.sequence,
    routeSet: headerElements(response, "Record-Route").toReversed(),
    remoteTarget,
  };
};

/** The number of a CSeq that an application has written; 1 where it has written none. */
export const sequenceIn = (text: string | undefined): number =>
  parseNumber(/^\d+/.exec(text ?? "")?.[0] ?? "", 2_147_483_647) ?? 1;
