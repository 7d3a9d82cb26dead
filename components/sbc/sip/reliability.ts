import { isToken, parseNumber } from "./grammar.ts";
import { hasElement, headerValue } from "./header.ts";
import type { Header } from "./header.ts";
import type { CSeq } from "./essentials.ts";
import type { SipRequest, SipResponse } from "./message.ts";

/** The option tag of reliable provisional responses (RFC 3262). */
export const RELIABLE = "100rel";

/** RSeq numbers start anywhere from 1 to here (RFC 3262 section 3), so that they can count on for long. */
export const HIGHEST_FIRST_RSEQ = 2_147_483_647;
const HIGHEST_RSEQ = 4_294_967_295;

/** What a PRACK acknowledges. */
export interface RAck {
  readonly rseq: number;
  readonly cseq: CSeq;
}

const RACK = /^(\d+)[ \t]+(\d+)[ \t]+([^ \t]+)$/;

/** The RAck of a PRACK; `undefined` when it is missing or malformed: 400. */
export const rackOf = (prack: SipRequest): RAck | undefined => {
  const [, first = "", second = "", method = ""] =
    RACK.exec(headerValue(prack, "RAck") ?? "") ?? [];
  const rseq = parseNumber(first, HIGHEST_RSEQ);
  const sequence = parseNumber(second, 2_147_483_647);
  if (rseq === undefined || sequence === undefined || !isToken(method)) return undefined;
  return { rseq, cseq: { sequence, method } };
};

/** The RSeq of a provisional response that wants a PRACK; `undefined` for any other (100 never is reliable). */
export const rseqOf = (response: SipResponse): number | undefined =>
  response.status > 100 && response.status < 200 && hasElement(response, "Require", RELIABLE)
    ? parseNumber(headerValue(response, "RSeq") ?? "", HIGHEST_RSEQ)
    : undefined;

/** What a reliable provisional response carries besides. */
export const reliableHeaders = (rseq: number): readonly Header[] => [
  { name: "Require", value: RELIABLE },
  { name: "RSeq", value: String(rseq) },
];

/** The header of the PRACK that acknowledges `response`. */
export const rackFor = ({ cseq }: Pick<SipResponse, "cseq">, rseq: number): Header => ({
  name: "RAck",
  value: `${rseq} ${cseq.sequence} ${cseq.method}`,
});

/** Whether this PRACK is about the provisional response that waits for one; else it gets 481 (section 3). */
export const acknowledges = (rack: RAck, waiting: RAck): boolean =>
  rack.rseq === waiting.rseq &&
  rack.cseq.sequence === waiting.cseq.sequence &&
  rack.cseq.method === waiting.cseq.method;

export type Reliability = "none" | "supported" | "required";

/** What the caller says about reliable provisional responses. */
export const reliabilityOf = (invite: SipRequest): Reliability => {
  if (hasElement(invite, "Require", RELIABLE)) return "required";
  return hasElement(invite, "Supported", RELIABLE) ? "supported" : "none";
};

const SUPPORTED: Header = { name: "Supported", value: RELIABLE };

/** What an INVITE says that is sent on for one with that reliability. */
export const reliabilityHeaders = (reliability: Reliability): readonly Header[] => {
  if (reliability === "none") return [];
  return reliability === "supported"
    ? [SUPPORTED]
    : [SUPPORTED, { name: "Require", value: RELIABLE }];
};

/** Whether an INVITE was refused for want of 100rel (421), which it can have. */
export const wantsReliable = (invite: SipRequest, response: SipResponse): boolean =>
  response.status === 421 &&
  invite.cseq.method === "INVITE" &&
  hasElement(response, "Require", RELIABLE) &&
  reliabilityOf(invite) === "none" &&
  // An offer that came in a provisional response would want its answer in our PRACK.
  invite.body.length > 0;

/**
 * What a caller does with a reliable provisional response of one dialog (section 4): acknowledge the next in order,
 * drop a repeated one, and drop one that overtook another: that one will come again.
 *
 * @param last the RSeq acknowledged last in this dialog; `undefined` before the first
 */
export const provisionalOrder = (
  last: number | undefined,
  rseq: number,
): "acknowledge" | "repeated" | "early" => {
  if (last === undefined || rseq === last + 1) return "acknowledge";
  return rseq <= last ? "repeated" : "early";
};
