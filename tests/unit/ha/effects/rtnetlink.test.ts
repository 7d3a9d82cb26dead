import test from "ava";
import fc from "fast-check";

import * as rt from "../../../../ha/effects/rtnetlink.ts";

test("an IPv4 address to add carries its label", (t) => {
  const message = rt.addressToAdd({
    index: 5,
    family: "ipv4",
    bytes: Buffer.from("c000020a", "hex"),
    prefixLength: 24,
    label: "eth0:0",
  });
  t.is(message.toString("hex", 0, 8), "0218000005000000");
  t.deepEqual(rt.readAddress(message), {
    index: 5,
    prefixLength: 24,
    bytes: Buffer.from("c000020a", "hex"),
    label: "eth0:0",
  });
});

test("an IPv6 address to add is usable at once and never chosen as a source", (t) => {
  const bytes = Buffer.from("20010db8000000000000000000000010", "hex");
  const message = rt.addressToAdd({
    index: 5,
    family: "ipv6",
    bytes,
    prefixLength: 64,
    label: undefined,
  });
  t.is(message.readUInt8(2), 2);
  t.true(message.includes(Buffer.from("0800080002000000", "hex")), "IFA_FLAGS: IFA_F_NODAD");
  t.true(
    message.includes(Buffer.from("1400060000000000ffffffff", "hex")),
    "preferred 0, valid for ever",
  );
  t.like(rt.readAddress(message), { bytes, label: undefined });
});

test("carrier is what a device has that is up and has a signal", (t) => {
  const link = (flags: number): Buffer => {
    const message = Buffer.concat([Buffer.alloc(16), Buffer.from("0900030065746830000000", "hex")]);
    message.writeInt32LE(7, 4);
    message.writeUInt32LE(flags, 8);
    return message;
  };
  t.like(rt.readLink(link(0x11043)), { index: 7, device: "eth0", carrier: true });
  t.like(rt.readLink(link(0x1043)), { carrier: false });
  t.like(rt.readLink(link(0x11042)), { carrier: false });
});

test("messages of any content are read without a throw", (t) => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, (message) => {
      t.notThrows(() => {
        rt.readLink(message);
        rt.readAddress(message);
        rt.readNeighbour(message);
      });
    }),
  );
});
