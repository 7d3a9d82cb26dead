import test from "ava";
import fc from "fast-check";
import {
  formatNameAddr,
  parseNameAddr,
  parseNameAddrs,
  tagOf,
} from "../../../../../components/sbc/sip/address.ts";

test("a name-addr, an addr-spec and one without a name are the same kind of thing", (t) => {
  t.deepEqual(parseNameAddr('"A. \\"B\\" <C>, D" <sip:a@example.org;lr>;tag=1;x'), {
    displayName: 'A. "B" <C>, D',
    uri: "sip:a@example.org;lr",
    params: [
      { name: "tag", value: "1" },
      { name: "x", value: undefined },
    ],
  });
  t.deepEqual(parseNameAddr("sip:a@example.org ; tag = 2"), {
    displayName: undefined,
    uri: "sip:a@example.org",
    params: [{ name: "tag", value: "2" }],
  });
  t.is(parseNameAddr("M\u00fcller Paul <sip:a@example.org>")?.displayName, "M\u00fcller Paul");
  t.is(parseNameAddr("<tel:+431>")?.displayName, undefined);
});

test("what breaks the grammar is no address", (t) => {
  for (const text of [
    "",
    "<>",
    "sip:a@example.org?x=y",
    "<sip:a@example.org",
    "<sip:a@example.org> tag=1",
    "<sip:a@example.org>;tag=",
    "Bell, Alexander <sip:a@example.org>",
    '"open <sip:a@example.org>',
    "< sip:a@example.org>",
  ])
    t.is(parseNameAddr(text), undefined, text);
});

test("a list of addresses is split at the commas between them", (t) => {
  t.deepEqual(
    parseNameAddrs('"a,b" <sip:a,b@example.org>, <sip:c@example.org>;q=0.5')?.map(({ uri }) => uri),
    ["sip:a,b@example.org", "sip:c@example.org"],
  );
  t.is(parseNameAddrs("<sip:a@example.org>,,<sip:b@example.org>"), undefined);
});

test("an empty tag is none", (t) => {
  t.is(
    tagOf({ displayName: undefined, uri: "sip:a", params: [{ name: "tag", value: undefined }] }),
    undefined,
  );
});

test("any display name survives being written and read, but for line ends, which become spaces", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (displayName) => {
      const text = formatNameAddr({ displayName, uri: "sip:a@example.org", params: [] });
      t.is(parseNameAddr(text)?.displayName, displayName.replace(/[\r\n]/g, " "));
    }),
  );
});
