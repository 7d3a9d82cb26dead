import { createCipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** The one suite that every phone with SDES has: RFC 4568, 6.2.1. */
export const SUITE = "AES_CM_128_HMAC_SHA1_80";

const KEY_BYTES = 16;
const SALT_BYTES = 14;
const TAG_BYTES = 10;
const FIXED_HEADER_BYTES = 12;
const LABEL_AT = 7;

/** The pseudo-random bytes of AES in counter mode. */
const keyStream = (key: Buffer, counter: Buffer, length: number): Buffer =>
  createCipheriv("aes-128-ctr", key, counter).update(Buffer.alloc(length));

/** A key and a salt as SDES writes them after `inline:`, base64. */
export const newMasterKey = (): string => randomBytes(KEY_BYTES + SALT_BYTES).toString("base64");

/** One direction of SRTP under one master key (RFC 3711), without RTCP. */
export class SrtpDirection {
  readonly #key: Buffer;
  readonly #salt: Buffer;
  readonly #authentication: Buffer;
  #rollovers = 0;
  #lastSequence: number | undefined;

  /** @param master key and salt, base64 */
  constructor(master: string) {
    const bytes = Buffer.from(master, "base64");
    const key = bytes.subarray(0, KEY_BYTES);
    const salt = bytes.subarray(KEY_BYTES, KEY_BYTES + SALT_BYTES);
    // RFC 3711, 4.3.1: the label stands before the index, which is 0, and both end where the salt does.
    const derive = (label: number, length: number): Buffer => {
      const counter = Buffer.concat([salt, Buffer.alloc(2)]);
      counter.writeUInt8(counter.readUInt8(LABEL_AT) ^ label, LABEL_AT);
      return keyStream(key, counter, length);
    };
    this.#key = derive(0, KEY_BYTES);
    this.#authentication = derive(1, 20);
    this.#salt = derive(2, SALT_BYTES);
  }

  protect(packet: Buffer): Buffer {
    const rollovers = this.#follow(packet.readUInt16BE(2));
    const encrypted = this.#crypt(packet, rollovers);
    return Buffer.concat([encrypted, this.#tag(encrypted, rollovers)]);
  }

  /** The packet as it was before, or undefined when it was not protected with this key. */
  unprotect(packet: Buffer): Buffer | undefined {
    if (packet.length < FIXED_HEADER_BYTES + TAG_BYTES) return undefined;
    const encrypted = packet.subarray(0, -TAG_BYTES);
    const rollovers = this.#follow(packet.readUInt16BE(2));
    const tag = this.#tag(encrypted, rollovers);
    return timingSafeEqual(tag, packet.subarray(-TAG_BYTES))
      ? this.#crypt(encrypted, rollovers)
      : undefined;
  }

  /** How often the 16 bits of the sequence have begun anew: RFC 3711, 3.3.1; nothing comes out of order here. */
  #follow(sequence: number): number {
    const last = this.#lastSequence ?? sequence;
    if (last > 0xc000 && sequence < 0x4000) this.#rollovers += 1;
    this.#lastSequence = sequence;
    return this.#rollovers;
  }

  /** Encrypts and decrypts: RFC 3711, 4.1.1. */
  #crypt(packet: Buffer, rollovers: number): Buffer {
    const counter = Buffer.concat([this.#salt, Buffer.alloc(2)]);
    const mixed = Buffer.alloc(16);
    packet.copy(mixed, 4, 8, FIXED_HEADER_BYTES);
    mixed.writeUInt32BE(rollovers, 8);
    packet.copy(mixed, 12, 2, 4);
    for (const [index, byte] of mixed.entries())
      counter.writeUInt8(counter.readUInt8(index) ^ byte, index);
    const payload = packet.subarray(FIXED_HEADER_BYTES);
    const cipher = createCipheriv("aes-128-ctr", this.#key, counter);
    return Buffer.concat([packet.subarray(0, FIXED_HEADER_BYTES), cipher.update(payload)]);
  }

  #tag(encrypted: Buffer, rollovers: number): Buffer {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(rollovers);
    const whole = createHmac("sha1", this.#authentication).update(encrypted).update(count);
    return whole.digest().subarray(0, TAG_BYTES);
  }
}
