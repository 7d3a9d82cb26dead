import test from "ava";

import { gratuitousArp, unsolicitedAdvertisement } from "../../../../ha/effects/frames.ts";

const MAC = Buffer.from("020000000001", "hex");

test("a gratuitous ARP request and reply, byte by byte", (t) => {
  const address = Buffer.from("c000020a", "hex");
  const request = gratuitousArp(MAC, address, "request").toString("hex");
  t.is(
    request,
    "ffffffffffff020000000001" +
      "0806" +
      "0001080006040001" +
      "020000000001c000020a" +
      "000000000000c000020a",
  );
  const reply = gratuitousArp(MAC, address, "reply").toString("hex");
  t.is(reply.slice(40, 44), "0002");
  t.is(reply.slice(64, 76), "ffffffffffff");
});

/** The one's complement sum over the pseudo header and the message, which a right checksum makes 0xffff. */
const sumOf = (frame: Buffer): number => {
  const length = frame.readUInt16BE(18);
  const pseudo = Buffer.concat([frame.subarray(22, 54), Buffer.from([0, length, 0, 58])]);
  const covered = Buffer.concat([pseudo, frame.subarray(54)]);
  let sum = 0;
  for (let at = 0; at < covered.length; at += 2) sum += covered.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
};

test("an unsolicited neighbour advertisement overrides, and its checksum is right", (t) => {
  const address = Buffer.from("20010db8000000000000000000000010", "hex");
  const frame = unsolicitedAdvertisement(MAC, address);
  t.is(frame.length, 14 + 40 + 32);
  t.is(frame.toString("hex", 0, 14), "33330000000102000000000186dd");
  t.is(frame.readUInt8(21), 255);
  t.true(frame.subarray(22, 38).equals(address));
  t.is(frame.readUInt8(54), 136);
  t.is(frame.readUInt8(58), 0x20);
  t.true(frame.subarray(62, 78).equals(address));
  t.is(frame.toString("hex", 78), "0201020000000001");
  t.is(sumOf(frame), 0xffff);
});
