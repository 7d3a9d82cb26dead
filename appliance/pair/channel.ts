import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  timingSafeEqual,
  type KeyObject,
} from "node:crypto";
import type { Socket } from "node:net";
import { ApplianceError } from "../errors.ts";
import { framesOn, PairLinkError, type Frames } from "./frames.ts";

/**
 * A conversation that only two holders of one key can have: X25519 with fresh keys, bound to the
 * shared key, each side proves that it knows it, then AES-256-GCM. What was recorded stays closed
 * when the shared key becomes known later. The caller proves first, so that who merely connects
 * learns nothing to test keys against.
 */
export interface Channel {
  readonly send: (message: unknown) => void;
  /** @throws {PairLinkError} when the connection ends or a message is not the other side's */
  readonly receive: () => Promise<unknown>;
}

export class PairKeyRefusedError extends ApplianceError {
  override readonly name = "PairKeyRefusedError";
  readonly code = "NGCP_PAIR_KEY_REFUSED";

  constructor() {
    super("the other node does not hold the same code or secrets");
  }
}

const VERSION = 1;
const KEY = 32;
const TAG = 16;
/** What stands before the 32 bytes of an X25519 key in DER (RFC 8410). */
const PUBLIC_KEY_HEAD = Buffer.from("302a300506032b656e032100", "hex");

interface Half {
  readonly secret: KeyObject;
  readonly hello: Buffer;
}

const newHalf = (): Half => {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(PUBLIC_KEY_HEAD.length);
  return { secret: privateKey, hello: Buffer.concat([Buffer.of(VERSION), raw]) };
};

const publicKeyIn = (hello: Buffer): KeyObject => {
  if (hello.length !== 1 + KEY || hello[0] !== VERSION) {
    throw new PairLinkError("the other side speaks another version of ngcp-pair");
  }
  const key = Buffer.concat([PUBLIC_KEY_HEAD, hello.subarray(1)]);
  return createPublicKey({ key, format: "der", type: "spki" });
};

interface Keys {
  readonly callerProof: Buffer;
  readonly answererProof: Buffer;
  readonly fromCaller: Buffer;
  readonly fromAnswerer: Buffer;
}

const agree = (secret: KeyObject, theirs: Buffer): Buffer => {
  try {
    return diffieHellman({ privateKey: secret, publicKey: publicKeyIn(theirs) });
  } catch (cause) {
    if (cause instanceof ApplianceError) throw cause;
    throw new PairLinkError("the other side sent no usable key", { cause });
  }
};

const keysFrom = (agreed: Buffer, shared: Buffer, transcript: Buffer): Keys => {
  const salt = createHash("sha256").update(transcript).digest();
  const input = Buffer.concat([agreed, shared]);
  const bytes = Buffer.from(hkdfSync("sha256", input, salt, "tandem pair v1", 4 * KEY));
  const part = (index: number): Buffer => bytes.subarray(index * KEY, (index + 1) * KEY);
  const proof = (index: number): Buffer =>
    createHmac("sha256", part(index)).update(transcript).digest();
  return {
    callerProof: proof(0),
    answererProof: proof(1),
    fromCaller: part(2),
    fromAnswerer: part(3),
  };
};

const matches = (proof: Buffer, expected: Buffer): boolean =>
  proof.length === expected.length && timingSafeEqual(proof, expected);

/** The nonce is a counter: each direction has a key of its own, and no message is taken twice. */
const nonceOf = (count: number): Buffer => {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(count, 8);
  return nonce;
};

const channelOn = (frames: Frames, sending: Buffer, receiving: Buffer): Channel => {
  let sent = 0;
  let received = 0;
  return {
    send: (message) => {
      const cipher = createCipheriv("aes-256-gcm", sending, nonceOf(sent));
      sent += 1;
      const text = Buffer.concat([cipher.update(JSON.stringify(message), "utf8"), cipher.final()]);
      frames.send(Buffer.concat([text, cipher.getAuthTag()]));
    },
    receive: async () => {
      const frame = await frames.receive();
      if (frame.length < TAG) throw new PairLinkError("a message is cut short");
      const decipher = createDecipheriv("aes-256-gcm", receiving, nonceOf(received));
      received += 1;
      decipher.setAuthTag(frame.subarray(-TAG));
      try {
        const text = Buffer.concat([decipher.update(frame.subarray(0, -TAG)), decipher.final()]);
        return JSON.parse(text.toString("utf8")) as unknown;
      } catch (cause) {
        throw new PairLinkError("a message was changed on its way", { cause });
      }
    },
  };
};

/**
 * Opens the conversation from the side that connected.
 *
 * @throws {PairKeyRefusedError} when the other side does not hold `shared`
 */
export const call = async (socket: Socket, shared: Buffer): Promise<Channel> => {
  const frames = framesOn(socket);
  const mine = newHalf();
  frames.send(mine.hello);
  const theirs = await frames.receive();
  const transcript = Buffer.concat([mine.hello, theirs]);
  const keys = keysFrom(agree(mine.secret, theirs), shared, transcript);
  frames.send(keys.callerProof);
  const proof = await frames.receive();
  if (!matches(proof, keys.answererProof)) throw new PairKeyRefusedError();
  return channelOn(frames, keys.fromCaller, keys.fromAnswerer);
};

/** Sent in place of a proof, so that the caller learns that its key is wrong and not its cable. */
const REFUSAL = Buffer.from("refused");

/**
 * Opens the conversation from the side that was connected to.
 *
 * @param shared the keys that are good; the caller holds one of them
 * @throws {PairKeyRefusedError} when the caller holds none of `shared`
 */
export const answer = async (socket: Socket, shared: readonly Buffer[]): Promise<Channel> => {
  const frames = framesOn(socket);
  const theirs = await frames.receive();
  const mine = newHalf();
  const agreed = agree(mine.secret, theirs);
  frames.send(mine.hello);
  const transcript = Buffer.concat([theirs, mine.hello]);
  const proof = await frames.receive();
  const keys = shared
    .map((key) => keysFrom(agreed, key, transcript))
    .find(({ callerProof }) => matches(proof, callerProof));
  if (keys === undefined) {
    frames.send(REFUSAL);
    throw new PairKeyRefusedError();
  }
  frames.send(keys.answererProof);
  return channelOn(frames, keys.fromAnswerer, keys.fromCaller);
};
