import { otherSide } from "./call.ts";
import type { Call, Description, Side } from "./call.ts";

/** So many answers on end may change the session: two sides that never agree do not ask each other for ever. */
const ROUNDS = 2;

/** Without the line that has the version: one that counts on where nothing has changed is no change (RFC 3264 section 8). */
const contentOf = ({ body }: Description): string => body.replace(/^o=.*$/m, "");

/**
 * The call after a side has answered our INVITE that offered the session as it knows it (a refresh, RFC 4028 section 7.4) or
 * as the other side has changed it. An answer that differs from what the other side was told is owed to that side: it is
 * offered it by an INVITE of ours.
 *
 * @param answer as the other side is to have it; undefined where there was none
 */
export const afterRefreshAnswer = (
  call: Call,
  side: Side,
  answer: Description | undefined,
): Call => {
  const other = otherSide(side);
  const { owed, ...rest } = call;
  const round = owed?.side === side ? owed.round : 0;
  const known = call.descriptions?.[other];
  if (answer === undefined || known === undefined || contentOf(answer) === contentOf(known))
    return round === 0 ? call : rest;
  const descriptions = { ...call.descriptions, [other]: answer };
  return round >= ROUNDS
    ? { ...rest, descriptions }
    : { ...rest, descriptions, owed: { side: other, round: round + 1 } };
};
