/**
 * Frames of the drachtio wire protocol: the length of the payload in bytes, in decimal digits, a `#`, and the payload
 * in UTF-8 (drachtio-srf, lib/wire-protocol.js).
 */

/** A longer message is none that an application has to send: SIP over UDP ends at 64 KB. */
export const LONGEST_FRAME_BYTES = 131_072;

const HASH = 0x23;
const MOST_DIGITS = String(LONGEST_FRAME_BYTES).length;

export const frameOf = (payload: string): Buffer =>
  Buffer.from(`${Buffer.byteLength(payload)}#${payload}`);

export type Taken =
  | {
      readonly kind: "payloads";
      readonly payloads: readonly string[];
      /** The beginning of the next frame, to be put before what comes next. */
      readonly rest: Buffer;
    }
  /** What came is no frame: nothing after it can be read either. */
  | { readonly kind: "broken" };

const BROKEN: Taken = { kind: "broken" };

/** Takes all whole frames out of what has come on a connection so far. */
export const takeFrames = (bytes: Buffer): Taken => {
  const payloads: string[] = [];
  let at = 0;
  for (;;) {
    const head = bytes.subarray(at, at + MOST_DIGITS + 1);
    const hash = head.indexOf(HASH);
    const digits = head.toString("latin1", 0, hash < 0 ? head.length : hash);
    if (!/^\d*$/.test(digits) || hash === 0) return BROKEN;
    if (hash < 0) {
      if (head.length > MOST_DIGITS) return BROKEN;
      return { kind: "payloads", payloads, rest: bytes.subarray(at) };
    }
    const length = Number(digits);
    if (length === 0 || length > LONGEST_FRAME_BYTES) return BROKEN;
    const start = at + hash + 1;
    if (bytes.length < start + length)
      return { kind: "payloads", payloads, rest: bytes.subarray(at) };
    payloads.push(bytes.toString("utf8", start, start + length));
    at = start + length;
  }
};
