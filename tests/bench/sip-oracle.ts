import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseMessage } from "../../components/sbc/sip/parse.ts";
import { rejectionOf } from "../../components/sbc/sip/rejection.ts";
import { serialize } from "../../components/sbc/sip/serialize.ts";
import { checkout } from "../golden/golden.ts";
import { LONG_INVITE } from "./sip-messages.ts";

/** The messages of RFC 4475, one datagram a file. */
const TORTURE = join(checkout, "tests/contract/sip/torture");

/** What mutations start from: the messages of RFC 4475 and an ordinary INVITE. */
export const sipCorpus = (): readonly Buffer[] => [
  LONG_INVITE,
  ...readdirSync(TORTURE)
    .sort()
    .map((name) => readFileSync(join(TORTURE, name))),
];

const SOURCE = { address: "192.0.2.1", port: 5060 };

export type Outcome = "understood" | "answered" | "dropped";

/**
 * Reads a datagram, and what was made of it once more: what we write must be understood, and mean the same.
 *
 * @throws {Error} when it is not, or when the parser throws
 */
export const readTwice = (bytes: Buffer): Outcome => {
  const message = parseMessage(bytes);
  if (message.kind === "malformed") {
    const answer = rejectionOf(message, SOURCE);
    return answer === undefined ? "dropped" : "answered";
  }
  const written = serialize(message);
  const again = parseMessage(written);
  if (again.kind === "malformed" || !serialize(again).equals(written))
    throw new Error(`what was written is not what was read: ${bytes.toString("base64")}`);
  return "understood";
};
