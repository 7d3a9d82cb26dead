import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { randomToken } from "../transport.ts";

const KEY_BYTES = 32;
/** Of the HMAC, as hexadecimal digits: nobody finds one of 2^64 by trying. */
const PROOF_DIGITS = 16;
const TAG = /^([0-9a-f]{16})([0-9a-f]{16})3$/;

/**
 * The tags of applications' dialogs; those of calls that the core carries end with another digit. Each proves by an HMAC
 * that it was made here: nobody else's 2xx has us acknowledge and end a call that we never made.
 */
export class ApplicationTags {
  readonly #key: Uint8Array;

  /** @param secret of the pair, so that each node knows the tags of the other; without one only this process knows its own */
  constructor(secret: string = randomBytes(KEY_BYTES).toString("hex")) {
    this.#key = new Uint8Array(hkdfSync("sha256", secret, "", "tags of applications", KEY_BYTES));
  }

  make(): string {
    const token = randomToken();
    return `${token}${this.#proofOf(token)}3`;
  }

  isOurs(tag: string | undefined): tag is string {
    const [, token, proof] = TAG.exec(tag ?? "") ?? [];
    if (token === undefined || proof === undefined) return false;
    return timingSafeEqual(Buffer.from(proof), Buffer.from(this.#proofOf(token)));
  }

  #proofOf(token: string): string {
    return createHmac("sha256", this.#key).update(token).digest("hex").slice(0, PROOF_DIGITS);
  }
}
