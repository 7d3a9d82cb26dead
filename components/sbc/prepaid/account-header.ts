import { headerValue } from "../sip/header.ts";
import type { SipRequest } from "../sip/message.ts";
import type { Prepaid } from "./tariff.ts";

/** As the proxy tells us: the uuid of the subscriber who pays, and the number in hexadecimal digits. It passes to nobody. */
const TOLD = "P-NGCP-Prepaid";

/** The account of a new call; undefined for one that is not prepaid. */
export const prepaidOf = (invite: SipRequest): Prepaid | undefined => {
  const [payer, number] = (headerValue(invite, TOLD) ?? "").split(" ");
  if (payer === undefined || payer === "" || number === undefined) return undefined;
  return { payer, number: Buffer.from(number, "hex").toString(), steps: 0, intervals: 0 };
};
