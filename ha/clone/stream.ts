import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { CloneFailedError } from "./errors.ts";

/* A copy on the wire: parts with their length before them, an empty one at the end of the data. */

const HEADER = 4;
/** What a pipe of the kernel hands over at once, and then some. */
const LONGEST = 1_048_576;

const write = async (to: Writable, bytes: Uint8Array): Promise<void> => {
  if (!to.write(bytes)) await once(to, "drain");
};

/** @throws the error of the connection, where it has broken */
export const sendPart = async (to: Writable, part: Uint8Array): Promise<void> => {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(part.length);
  await write(to, Buffer.concat([header, part]));
};

export const sendMessage = (to: Writable, message: unknown): Promise<void> =>
  sendPart(to, Buffer.from(JSON.stringify(message)));

/** Bytes of a part, and whether they are its last ones. */
export interface Piece {
  readonly bytes: Buffer;
  readonly last: boolean;
}

const NOTHING = Buffer.alloc(0);

/**
 * Parts as they arrive. They are not put together: that would copy each byte of a database two to three times.
 *
 * @throws {CloneFailedError} when the connection ends in the middle of a part, or something too long arrives
 */
export const piecesOf = async function* (
  from: Readable,
): AsyncGenerator<Piece, undefined, undefined> {
  let header = NOTHING;
  let missing = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length;) {
      if (missing === 0) {
        const more = chunk.subarray(at, at + HEADER - header.length);
        header = Buffer.concat([header, more]);
        at += more.length;
        if (header.length < HEADER) break;
        missing = header.readUInt32BE(0);
        header = NOTHING;
        if (missing > LONGEST) throw new CloneFailedError("what arrived is no part of a copy");
        if (missing === 0) yield { bytes: NOTHING, last: true };
      } else {
        const bytes = chunk.subarray(at, at + missing);
        at += bytes.length;
        missing -= bytes.length;
        yield { bytes, last: missing === 0 };
      }
    }
  }
  if (missing > 0 || header.length > 0)
    throw new CloneFailedError("the connection ended in the middle of the data");
  return undefined;
};

const nextPiece = async (pieces: AsyncIterator<Piece, undefined>): Promise<Piece> => {
  const next = await pieces.next();
  if (next.value === undefined) throw new CloneFailedError("the connection was closed by the peer");
  return next.value;
};

/**
 * The bytes of all parts up to the empty one that ends the data.
 *
 * @throws {CloneFailedError} when the connection has ended
 */
export const dataIn = async function* (
  pieces: AsyncIterator<Piece, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  for (;;) {
    const { bytes } = await nextPiece(pieces);
    if (bytes.length === 0) return;
    yield bytes;
  }
};

/** @throws {CloneFailedError} when the connection has ended, or what arrives is no message */
export const nextMessage = async (pieces: AsyncIterator<Piece, undefined>): Promise<unknown> => {
  const got: Buffer[] = [];
  for (let last = false; !last;) {
    const piece = await nextPiece(pieces);
    got.push(piece.bytes);
    last = piece.last;
  }
  try {
    return JSON.parse(Buffer.concat(got).toString("utf8")) as unknown;
  } catch (cause) {
    throw new CloneFailedError("what arrived is no message of a copy", { cause });
  }
};

const MS_PER_SECOND = 1_000;

/**
 * Lets `bytesPerSecond` through in the mean.
 *
 * @param bytesPerSecond 0 lets everything through
 */
export const throttled = async function* (
  from: AsyncIterable<Buffer>,
  bytesPerSecond: number,
): AsyncGenerator<Buffer, void, undefined> {
  const startedAt = performance.now();
  let bytes = 0;
  for await (const chunk of from) {
    yield chunk;
    bytes += chunk.length;
    if (bytesPerSecond === 0) continue;
    const early = startedAt + (bytes * MS_PER_SECOND) / bytesPerSecond - performance.now();
    if (early > 1) await delay(early);
  }
};

/** Everything that `from` yields goes into `to`, which is ended then. */
export const pour = async (
  from: AsyncIterable<Uint8Array>,
  to: Writable,
  onBytes: (bytes: number) => void,
): Promise<void> => {
  for await (const chunk of from) {
    await write(to, chunk);
    onBytes(chunk.length);
  }
  to.end();
};
