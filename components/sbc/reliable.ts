import { responseOfText } from "./call.ts";
import type { Call, Exchange, Reliable, Side } from "./call.ts";
import type { Dialog } from "./sip/dialog.ts";
import type { SipMessage } from "./sip/message.ts";
import type { LiveCall } from "./live-calls.ts";
import { acknowledges, provisionalOrder } from "./sip/reliability.ts";
import type { RAck } from "./sip/reliability.ts";
import { descriptionOf } from "./terms.ts";
import { randomToken } from "./transport.ts";

/* What the record of a call says of reliable provisional responses (RFC 3262). */

/** Whether the sender of the INVITE still owes us a PRACK. */
export const isWaiting = ({ exchange }: Call): boolean =>
  exchange?.reliable?.state === "waiting" &&
  exchange.state === "early" &&
  exchange.cancelled !== true;

/** Whether a 2xx may not pass yet: a session description waits for its PRACK (RFC 3262 section 5). */
export const mustWait = (call: Call): boolean =>
  isWaiting(call) &&
  (responseOfText(call.exchange?.reliable?.response ?? "")?.body.length ?? 0) > 0;

/** A first RSeq that nobody can guess, below 2^28: from there it can count on for long. */
const firstRseq = (): number => 1 + Number.parseInt(randomToken().slice(0, 7), 16);

/** The exchange, once a side has been told of a session by a message that is no INVITE and no 2xx to it. */
export const telling = (exchange: Exchange, side: Side, message: SipMessage): Exchange => {
  const description = descriptionOf(message);
  return description === undefined
    ? exchange
    : { ...exchange, told: { ...exchange.told, [side]: description } };
};

interface Coming {
  readonly rseq: number;
  /** Whether the sender of the INVITE knows reliable responses. */
  readonly isKnown: boolean;
  /** The dialog of the other leg that the response came in, and its tag there. */
  readonly dialog: Dialog;
  readonly tag: string;
}

/**
 * What is kept of a reliable response that is taken; undefined for one that is repeated, that overtook another (section 4),
 * or that comes before the one in front of it is acknowledged: those come again.
 */
export const nextReliable = (
  before: Reliable | undefined,
  { rseq, isKnown, dialog, tag }: Coming,
): Reliable | undefined => {
  if (before !== undefined && before.state !== "acknowledged") return undefined;
  const heard = before?.heard ?? [];
  const last = heard.find((each) => each.tag === tag)?.rseq;
  if (provisionalOrder(last, rseq) !== "acknowledge") return undefined;
  const own = before?.rseq === undefined ? firstRseq() : before.rseq + 1;
  return {
    state: "waiting",
    ...(isKnown ? { rseq: own } : {}),
    dialog,
    heard: [...heard.filter((each) => each.tag !== tag), { tag, rseq }],
  };
};

/** The response that a PRACK of that side is about; undefined where there is none: 481. */
export const acknowledgedBy = (
  { call: { exchange }, invite }: LiveCall,
  side: Side,
  rack: RAck,
): Reliable | undefined => {
  const reliable = exchange?.from === side ? exchange.reliable : undefined;
  const cseq = invite?.received.cseq;
  if (reliable?.rseq === undefined || cseq === undefined) return undefined;
  return acknowledges(rack, { rseq: reliable.rseq, cseq }) ? reliable : undefined;
};
