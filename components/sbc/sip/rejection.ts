import { headerLines } from "./header.ts";
import type { Malformed } from "./parse.ts";
import { parseVias, responseTarget, viaReceivedFrom, formatVia } from "./via.ts";
import type { Endpoint } from "./via.ts";
import { splitList } from "./grammar.ts";

/** What goes back to the sender of a malformed request. */
interface Rejection {
  readonly bytes: Buffer;
  readonly target: Endpoint;
}

/** What a response copies from its request (RFC 3261 section 8.2.6.2). */
const COPIED = ["From", "To", "Call-ID", "CSeq"];

/**
 * The answer to a malformed request, made of the headers that could be told apart; it keeps no state. `undefined`
 * when nobody waits for one: responses and ACKs are never answered, and without a Via there is no way back.
 *
 * @param source where the request came from: what answers to a Via that cannot be read
 */
export const rejectionOf = (malformed: Malformed, source: Endpoint): Rejection | undefined => {
  const { method, status, reason } = malformed;
  const [topLine, ...otherLines] = headerLines(malformed, "Via");
  if (method === undefined || method === "ACK" || topLine === undefined) return undefined;
  const [topText = "", ...below] = splitList(topLine);
  const top = parseVias(topText)?.[0];
  const via = top === undefined ? undefined : viaReceivedFrom(top, source);
  const vias = [via === undefined ? topText : formatVia(via), ...below, ...otherLines];
  const copied = COPIED.flatMap((name) => {
    const [value] = headerLines(malformed, name);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  // A CR or LF that stood alone must not become the end of a line of ours.
  const lines = [
    `SIP/2.0 ${status} ${reason}`,
    ...vias.map((value) => `Via: ${value}`),
    ...copied,
    "Content-Length: 0",
  ].map((line) => line.replace(/[\r\n]/g, " "));
  return {
    bytes: Buffer.from(`${lines.join("\r\n")}\r\n\r\n`),
    target: via === undefined ? source : responseTarget(via),
  };
};
