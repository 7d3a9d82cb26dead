import test from "ava";
import { peerProbeOf, peerProbeSchema } from "../../../../appliance/config/peer-probe-section.ts";

const codesOf = (words: string): RegExp => {
  const { replyCodes } = peerProbeOf(peerProbeSchema.parse({ reply_codes: words }));
  return new RegExp(`^(${replyCodes.join("|")})$`);
};

test("classes and single codes count as answers, and no others", (t) => {
  const codes = codesOf("class=2;class=3;code=404");
  for (const code of ["200", "302", "404"]) t.regex(code, codes);
  for (const code of ["400", "503", "4040", "100"]) t.notRegex(code, codes);
});

test("what the load-balancer says in the place of a host cannot be made an answer", (t) => {
  for (const code of [408, 477, 478, 503]) {
    const { success } = peerProbeSchema.safeParse({ reply_codes: `class=2;code=${code}` });
    t.false(success, String(code));
  }
});

test("an IPv6 address in From has its brackets", (t) => {
  const { from } = peerProbeOf(peerProbeSchema.parse({ from_uri_domain: "2001:db8::1" }));
  t.is(from, "sip:ping@[2001:db8::1]");
});
