import test from "ava";
import fc from "fast-check";

import { addressBytes, parseCidr } from "../../../../ha/effects/cidr.ts";

test("an IPv4 address with its prefix length", (t) => {
  t.like(parseCidr("192.0.2.10/24"), { address: "192.0.2.10", prefixLength: 24, family: "ipv4" });
  t.is(parseCidr("192.0.2.10/24").bytes.toString("hex"), "c000020a");
});

test("every spelling of an IPv6 address gives the same bytes", (t) => {
  const bytes = "20010db8000000000000000000000010";
  for (const text of ["2001:db8::10", "2001:DB8:0:0:0:0:0:10", "2001:0db8:0000::0.0.0.16"]) {
    t.is(addressBytes(text).toString("hex"), bytes);
  }
  t.is(addressBytes("::").toString("hex"), "0".repeat(32));
  t.is(addressBytes("fe80::").toString("hex"), `fe80${"0".repeat(28)}`);
  t.is(addressBytes("::1").toString("hex"), `${"0".repeat(31)}1`);
});

test("all IPv6 addresses", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (array) => {
      const hex = Buffer.from(array).toString("hex");
      const text = (hex.match(/.{4}/g) ?? []).join(":");
      t.is(addressBytes(text).toString("hex"), hex);
    }),
  );
});

test("without a prefix length the address stands alone", (t) => {
  t.is(parseCidr("192.0.2.10").prefixLength, 32);
  t.is(parseCidr("2001:db8::10").prefixLength, 128);
});

test("what is no address is a mistake of the caller", (t) => {
  t.throws(() => addressBytes("sp1.example.org"), { message: /is no IP address/ });
});
