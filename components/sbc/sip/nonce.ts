import { createHmac, timingSafeEqual } from "node:crypto";

/** How a server makes nonces. Both nodes of a pair have the same secret, so a challenge outlives a takeover. */
export interface NonceSettings {
  /** At least 32 random bytes. */
  readonly secret: Uint8Array;
  /** How long a nonce is good. */
  readonly lifetimeMs: number;
}

const INSTANT_BYTES = 6;
const SALT_BYTES = 8;
const MAC_BYTES = 16;
const BODY_BYTES = INSTANT_BYTES + SALT_BYTES;

const macOf = (secret: Uint8Array, realm: string, body: Uint8Array): Buffer =>
  createHmac("sha256", secret)
    .update(realm)
    .update("\0")
    .update(body)
    .digest()
    .subarray(0, MAC_BYTES);

/**
 * A nonce that the server need not remember: the instant at which it was made and some chance, under an HMAC.
 *
 * @param atMs milliseconds of the wall clock, for both nodes have to understand it
 * @param salt 8 random bytes
 */
export const makeNonce = (
  { secret }: NonceSettings,
  realm: string,
  atMs: number,
  salt: Uint8Array,
): string => {
  const body = Buffer.alloc(BODY_BYTES);
  body.writeUIntBE(Math.trunc(atMs), 0, INSTANT_BYTES);
  body.set(salt.subarray(0, SALT_BYTES), INSTANT_BYTES);
  return Buffer.concat([body, macOf(secret, realm, body)]).toString("base64url");
};

export type NonceState = "good" | "expired" | "forged";

/** Whether this is a nonce of ours, and still good. One from the future is as good as expired: clocks were set. */
export const checkNonce = (
  { secret, lifetimeMs }: NonceSettings,
  realm: string,
  nonce: string,
  nowMs: number,
): NonceState => {
  const bytes = Buffer.from(nonce, "base64url");
  if (bytes.length !== BODY_BYTES + MAC_BYTES) return "forged";
  const body = bytes.subarray(0, BODY_BYTES);
  if (!timingSafeEqual(macOf(secret, realm, body), bytes.subarray(BODY_BYTES))) return "forged";
  const ageMs = nowMs - body.readUIntBE(0, INSTANT_BYTES);
  return ageMs > lifetimeMs || ageMs < -lifetimeMs ? "expired" : "good";
};

/** How far requests may overtake each other. */
const WINDOW = 31;

interface Seen {
  highest: number;
  /** Bit n: `highest - n` was seen. */
  mask: number;
  readonly forgetAtMs: number;
}

/** Remembers which nonce counts came, as long as their nonces are good: a count that comes again is a replay. */
export class NonceCounts {
  readonly #seen = new Map<string, Seen>();
  readonly #lifetimeMs: number;

  constructor({ lifetimeMs }: NonceSettings) {
    this.#lifetimeMs = lifetimeMs;
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Whether this count comes for the first time. Counts that fell behind the window are refused. */
  accept(nonce: string, count: number, nowMs: number): boolean {
    this.#forget(nowMs);
    const seen = this.#seen.get(nonce);
    if (seen === undefined) {
      this.#seen.set(nonce, { highest: count, mask: 1, forgetAtMs: nowMs + 2 * this.#lifetimeMs });
      return true;
    }
    const ahead = count - seen.highest;
    if (ahead > 0) {
      seen.mask = ahead > WINDOW ? 1 : ((seen.mask << ahead) | 1) >>> 0;
      seen.highest = count;
      return true;
    }
    const bit = -ahead > WINDOW ? 0 : (1 << -ahead) >>> 0;
    if (bit === 0 || (seen.mask & bit) !== 0) return false;
    seen.mask = (seen.mask | bit) >>> 0;
    return true;
  }

  /** Nonces stand in the order in which they first came, and all live equally long. */
  #forget(nowMs: number): void {
    for (const [nonce, { forgetAtMs }] of this.#seen) {
      if (forgetAtMs > nowMs) return;
      this.#seen.delete(nonce);
    }
  }
}
