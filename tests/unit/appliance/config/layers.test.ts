import test from "ava";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { parseSource } from "../../../../appliance/config/document.ts";
import { nearestName } from "../../../../appliance/config/issues.ts";
import { layersOf, overlay } from "../../../../appliance/config/layers.ts";
import type { Path } from "../../../../appliance/config/problem.ts";

const name = fc.oneof(fc.constantFrom("a", "b", "c", "__proto__", "constructor"), fc.string());
const { content } = fc.letrec((tie) => ({
  content: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.array(fc.integer(), { maxLength: 3 }),
    fc.dictionary(name, tie("content"), { maxKeys: 4 }),
  ),
}));
const map = fc.dictionary(name, content, { maxKeys: 4 });

const leavesOf = (value: unknown, path: Path = []): readonly (readonly [Path, unknown])[] =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
    : [[path, value]];

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, step) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, step)
        ? Object.entries(inner).find(([key]) => key === String(step))?.[1]
        : undefined,
    value,
  );

test("every value of the upper layer is in the merged one", (t) => {
  fc.assert(
    fc.property(map, map, (lower, upper) => {
      const merged = overlay(lower, upper);
      for (const [path, value] of leavesOf(upper)) t.deepEqual(at(merged, path), value);
    }),
  );
});

test("what the upper layer does not name stays as it is in the lower one", (t) => {
  fc.assert(
    fc.property(map, map, (lower, upper) => {
      const merged = overlay(lower, upper);
      for (const [key, value] of Object.entries(lower)) {
        if (!Object.hasOwn(upper, key)) t.deepEqual(at(merged, [key]), value);
      }
    }),
  );
});

test("a layer that lies on top already changes nothing", (t) => {
  fc.assert(
    fc.property(map, map, (lower, upper) => {
      const merged = overlay(lower, upper);
      t.deepEqual(overlay(merged, upper), merged);
    }),
  );
});

// Found by a property that the order of merging does not matter: it does, and the lowest layer comes first.
test("a value that replaces a section ends what lies below it", (t) => {
  const layers = [{ a: { x: 1 } }, { a: 5 }, { a: { y: 2 } }];
  t.deepEqual(layers.reduce<unknown>(overlay, {}), { a: { y: 2 } });
});

test("a key without a value says nothing, and changes no prototype", (t) => {
  t.deepEqual(overlay({ a: 1, b: { c: 2 } }, { a: null, b: { c: null, d: 3 } }), {
    a: 1,
    b: { c: 2, d: 3 },
  });
  const evil: unknown = JSON.parse('{"__proto__": {"polluted": true}}');
  const merged = overlay({}, evil);
  t.false("polluted" in {});
  t.is(at(merged, ["polluted"]), undefined);
});

/** What stands in `text` from line and column on. */
const textAt = (text: string, line: number, column: number): string =>
  text
    .split("\n")
    .slice(line - 1)
    .join("\n")
    .slice(column - 1);

test("the place of every value is where its text begins", (t) => {
  const plainName = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
  const tree = fc.dictionary(
    plainName,
    fc.dictionary(plainName, fc.oneof(fc.nat(), fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/))),
    { minKeys: 1 },
  );
  fc.assert(
    fc.property(tree, fc.boolean(), (value, indented) => {
      const text = stringify(value, { indent: indented ? 4 : 2 });
      const { source, problems } = parseSource("x.yml", text);
      t.deepEqual(problems, []);
      for (const [path, leaf] of leavesOf(value)) {
        if (typeof leaf === "object") continue;
        const value_ = source.placeOfValue(path);
        const found: unknown = parse(textAt(text, value_.line, value_.column).split("\n")[0] ?? "");
        t.deepEqual(found, leaf);
        const key = source.placeOfKey(path);
        t.true(textAt(text, key.line, key.column).startsWith(String(path.at(-1))));
      }
    }),
  );
});

test("the place of a value is in the highest layer that has it, of a missing one in its section", (t) => {
  const low = parseSource("low.yml", "a:\n  b: 1\n  c: 2\n").source;
  const high = parseSource("high.yml", "# comment\na: {c: 3}\n").source;
  const layers = layersOf([low, high]);
  t.deepEqual(layers.placeOfValue(["a", "b"]), { file: "low.yml", line: 2, column: 6 });
  t.deepEqual(layers.placeOfValue(["a", "c"]), { file: "high.yml", line: 2, column: 8 });
  t.deepEqual(layers.placeOfValue(["a", "d"]), { file: "high.yml", line: 2, column: 1 });
});

test("an alias is followed to what it stands for", (t) => {
  const { source } = parseSource("x.yml", "a: &one\n  b: 1\nc: *one\n");
  t.deepEqual(source.placeOfValue(["c", "b"]), { file: "x.yml", line: 2, column: 6 });
});

test("the nearest name is found, and none where none is near", (t) => {
  const known = ["heartbeat_ms", "dead_ms", "pingnodes"];
  t.is(nearestName("deadms", known), "dead_ms");
  t.is(nearestName("ping_nodes", known), "pingnodes");
  t.is(nearestName("Heartbeat_ms", known), "heartbeat_ms");
  t.is(nearestName("watchdog", known), undefined);
});
