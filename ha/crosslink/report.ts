import type { KeyObject } from "node:crypto";
import { createHmac, timingSafeEqual } from "node:crypto";

/*
 * What a node tells its peer beside its heartbeats, for people to read. Numbers are big-endian.
 *
 *    0  3  magic "TNR"
 *    3  1  version
 *    4  8  session: that of the heartbeats
 *   12  6  sequence
 *   18     a text in UTF-8
 *   end - 32: HMAC-SHA-256 of all that stands before it
 *
 * It has a port of its own: on that of the heartbeats an older package would take it for something that it cannot verify.
 */
const MAGIC = Buffer.from("TNR", "latin1");
const VERSION = 1;
const SESSION_BYTES = 8;
const TEXT_AT = 18;
const MAC_BYTES = 32;
/** A UDP datagram holds 65,507 bytes (RFC 768, RFC 791). */
const TEXT_MAX_BYTES = 65_507 - TEXT_AT - MAC_BYTES;

export interface Report {
  /** 16 hexadecimal digits. */
  readonly session: string;
  readonly sequence: number;
  readonly text: string;
}

const mac = (key: KeyObject, body: Buffer): Buffer =>
  createHmac("sha256", key).update(body).digest();

/** @returns nothing where the text is longer than a datagram */
export const encodeReport = (
  { session, sequence, text }: Report,
  key: KeyObject,
): Buffer | undefined => {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > TEXT_MAX_BYTES) return undefined;
  const head = Buffer.alloc(TEXT_AT);
  MAGIC.copy(head);
  head[3] = VERSION;
  head.write(session, 4, "hex");
  head.writeUIntBE(sequence, 12, 6);
  const body = Buffer.concat([head, bytes]);
  return Buffer.concat([body, mac(key, body)]);
};

/** Reads a datagram from the network; nothing comes of one that no key of the pair signed, or that another version wrote. */
export const decodeReport = (datagram: Buffer, keys: readonly KeyObject[]): Report | undefined => {
  const bodyBytes = datagram.length - MAC_BYTES;
  if (bodyBytes < TEXT_AT || !datagram.subarray(0, 3).equals(MAGIC) || datagram[3] !== VERSION)
    return undefined;
  const body = datagram.subarray(0, bodyBytes);
  const claimed = datagram.subarray(bodyBytes);
  if (!keys.some((key) => timingSafeEqual(mac(key, body), claimed))) return undefined;
  return {
    session: body.toString("hex", 4, 4 + SESSION_BYTES),
    sequence: body.readUIntBE(12, 6),
    text: body.toString("utf8", TEXT_AT),
  };
};
