import test from "ava";
import {
  formatVia,
  parseVia,
  parseVias,
  responseTarget,
  uniqueBranch,
  viaReceivedFrom,
} from "../../../../../components/sbc/sip/via.ts";
import type { Via } from "../../../../../components/sbc/sip/via.ts";

const via = (text: string): Via => {
  const parsed = parseVia(text);
  if (parsed !== undefined) return parsed;
  throw new Error(`no Via: ${text}`);
};

const SOURCE = { address: "198.51.100.9", port: 40_000 };

test("blanks around slashes and colons, unknown transports and IPv6 are read", (t) => {
  t.deepEqual(via("SIP /\t2.0/ udp 192.0.2.1 : 5061 ;branch = z9hG4bKx"), {
    transport: "UDP",
    host: "192.0.2.1",
    port: 5061,
    params: [{ name: "branch", value: "z9hG4bKx" }],
  });
  t.is(via("SIP/2.0/UNKNOWN [2001:db8::9]:5060;received=2001:db8::8").host, "[2001:db8::9]");
  t.is(parseVias("SIP/2.0/UDP a;branch=1, SIP/2.0/TCP b")?.length, 2);
  t.is(
    formatVia(via("SIP/2.0/UDP h:5060;branch=z9hG4bK1;rport")),
    "SIP/2.0/UDP h:5060;branch=z9hG4bK1;rport",
  );
});

test("what breaks the grammar is no Via", (t) => {
  for (const text of ["", "SIP/2.0/UDP", "SIP/2.0 host", "SIP/2.0/UDP host;;", "SIP/2.0/UDP a b"])
    t.is(parseVia(text), undefined, text);
});

test("only a branch with more than the cookie identifies a transaction", (t) => {
  t.is(uniqueBranch(via("SIP/2.0/UDP h;branch=z9hG4bK1")), "z9hG4bK1");
  t.is(uniqueBranch(via("SIP/2.0/UDP h;branch=Z9HG4BK1")), "Z9HG4BK1");
  for (const text of ["SIP/2.0/UDP h", "SIP/2.0/UDP h;branch=z9hG4bK", "SIP/2.0/UDP h;branch=1"])
    t.is(uniqueBranch(via(text)), undefined, text);
});

test("a response goes back to where the request came from", (t) => {
  const cases: readonly [string, string, number][] = [
    ["SIP/2.0/UDP 198.51.100.9", "198.51.100.9", 5060],
    ["SIP/2.0/UDP 10.0.0.1:5070", "198.51.100.9", 5070],
    ["SIP/2.0/UDP phone.example.org;rport", "198.51.100.9", 40_000],
    ["SIP/2.0/UDP 10.0.0.1;received=203.0.113.1", "198.51.100.9", 5060],
  ];
  for (const [text, address, port] of cases)
    t.deepEqual(responseTarget(viaReceivedFrom(via(text), SOURCE)), { address, port }, text);
});

test("a Via that needs nothing stays as it is", (t) => {
  const top = via("SIP/2.0/UDP 198.51.100.9:40000;branch=z9hG4bK1");
  t.is(viaReceivedFrom(top, SOURCE), top);
});
