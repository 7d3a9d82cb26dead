import { PassThrough, Readable } from "node:stream";
import test from "ava";
import {
  dataIn,
  nextMessage,
  piecesOf,
  sendMessage,
  sendPart,
} from "../../../../ha/clone/stream.ts";

const DATA = [Buffer.from("a database"), Buffer.from("of two parts")];
const OFFER = { kind: "begins", totalBytes: 22 };

/** A whole copy as it is on the wire. */
const copyOnTheWire = async (): Promise<Buffer> => {
  const wire = new PassThrough();
  await sendMessage(wire, OFFER);
  for (const part of DATA) await sendPart(wire, part);
  await sendPart(wire, Buffer.alloc(0));
  await sendMessage(wire, { kind: "complete" });
  wire.end();
  return Buffer.concat((await wire.toArray()) as Buffer[]);
};

const inChunksOf = (bytes: Buffer, size: number): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_none, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    ),
  );

const taken = async (from: Readable): Promise<unknown> => {
  const pieces = piecesOf(from);
  const offer = await nextMessage(pieces);
  const data: Buffer[] = [];
  for await (const bytes of dataIn(pieces)) data.push(bytes);
  return { offer, data: Buffer.concat(data).toString(), end: await nextMessage(pieces) };
};

test("a copy is the same wherever the network has cut it", async (t) => {
  const wire = await copyOnTheWire();
  for (let size = 1; size <= wire.length; size += 1)
    t.deepEqual(await taken(inChunksOf(wire, size)), {
      offer: OFFER,
      data: Buffer.concat(DATA).toString(),
      end: { kind: "complete" },
    });
});

test("a copy that ends too early is none, wherever that is", async (t) => {
  const wire = await copyOnTheWire();
  for (let length = 0; length < wire.length; length += 1)
    await t.throwsAsync(taken(inChunksOf(wire.subarray(0, length), 7)), {
      code: "NGCP_CLONE_FAILED",
    });
});

test("a part longer than any that is sent ends it", async (t) => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(1_048_577);
  await t.throwsAsync(nextMessage(piecesOf(Readable.from([header]))), {
    message: /no part of a copy/,
  });
});
