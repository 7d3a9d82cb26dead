import test from "ava";
import fc from "fast-check";
import { parse } from "yaml";
import { pathOf, valueAt, withoutKey, withValue } from "../../../../appliance/config/edit.ts";

const TEXT = `# What this pair shall do.
ha:
  # at least two
  pingnodes:
    - 192.0.2.1   # the router
    - 192.0.2.2
  dead_ms:    250   # do not touch
rtpproxy: {minport: 30000, maxport: 40000}

qos:
    tos_rtp: 184
`;

test("a single value is replaced, and nothing else in the file", (t) => {
  t.is(withValue(TEXT, ["ha", "dead_ms"], 300), TEXT.replace("dead_ms:    250", "dead_ms:    300"));
  t.is(withValue(TEXT, ["rtpproxy", "maxport"], 35000), TEXT.replace("40000", "35000"));
  t.is(
    withValue(TEXT, ["ha", "pingnodes", 1], "192.0.2.9"),
    TEXT.replace("192.0.2.2", "192.0.2.9"),
  );
});

test("sections that are missing are made, and comments stay", (t) => {
  const text = withValue(TEXT, ["database", "buffer_pool_mb"], 512);
  t.true(text.includes("# the router"));
  t.true(text.includes("# do not touch"));
  t.deepEqual(parse(text), {
    ...(parse(TEXT) as object),
    database: { buffer_pool_mb: 512 },
  });
});

test("a list is replaced as a whole, in the style that it has", (t) => {
  const text = withValue(TEXT, ["ha", "pingnodes"], ["192.0.2.7"]);
  t.true(text.includes("    - 192.0.2.7\n"));
  t.is(
    withValue("domains: [a.example]\n", ["domains"], ["b.example", "c.example"]),
    "domains: [ b.example, c.example ]\n",
  );
});

test("an empty file takes its first value", (t) => {
  t.is(withValue("", ["qos", "tos_rtp"], 96), "qos:\n  tos_rtp: 96\n");
});

test("a key that is taken out takes sections with it that have nothing left", (t) => {
  const text = withoutKey(TEXT, ["qos", "tos_rtp"]);
  t.deepEqual(Object.keys(parse(text) as object), ["ha", "rtpproxy"]);
  t.is(withoutKey(TEXT, ["ha", "nonsense"]), TEXT);
  t.deepEqual(valueAt(parse(withoutKey(TEXT, ["ha", "dead_ms"])), ["ha"]), {
    pingnodes: ["192.0.2.1", "192.0.2.2"],
  });
});

test("a key is taken apart at its dots, but for names that have some", (t) => {
  const content = { hosts: { sp1: { "eth0.100": { type: ["sip_ext"] } } } };
  t.deepEqual(pathOf("hosts.sp1.eth0.100.type.0", content), [
    "hosts",
    "sp1",
    "eth0.100",
    "type",
    0,
  ]);
  t.deepEqual(pathOf("ha.dead_ms", {}), ["ha", "dead_ms"]);
});

test("whatever is set is what is read afterwards", (t) => {
  const value = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.string({ unit: "grapheme" }),
    fc.array(fc.string()),
  );
  const path = fc.constantFrom(["ha", "dead_ms"], ["ha", "pingnodes"], ["new", "section", "key"]);
  fc.assert(
    fc.property(path, value, (where, what) => {
      t.deepEqual(valueAt(parse(withValue(TEXT, where, what)), where), what);
    }),
  );
});
