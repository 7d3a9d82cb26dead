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

/** @throws {CloneFailedError} when the connection ends in the middle of a part, or something too long arrives */
export const partsOf = async function* (
  from: Readable,
): AsyncGenerator<Buffer, undefined, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of from as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER) {
      const length = rest.readUInt32BE(0);
      if (length > LONGEST) throw new CloneFailedError("what arrived is no part of a copy");
      if (rest.length < HEADER + length) break;
      yield rest.subarray(HEADER, HEADER + length);
      rest = rest.subarray(HEADER + length);
    }
  }
  if (rest.length > 0) throw new CloneFailedError("the connection ended in the middle of the data");
  return undefined;
};

/** @throws {CloneFailedError} when the connection has ended */
export const nextPart = async (parts: AsyncIterator<Buffer, undefined>): Promise<Buffer> => {
  const next = await parts.next();
  if (next.value === undefined) throw new CloneFailedError("the connection was closed by the peer");
  return next.value;
};

export const nextMessage = async (parts: AsyncIterator<Buffer, undefined>): Promise<unknown> => {
  const part = await nextPart(parts);
  try {
    return JSON.parse(part.toString("utf8")) as unknown;
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
