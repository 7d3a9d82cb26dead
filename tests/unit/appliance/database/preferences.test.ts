import test from "ava";
import {
  type Catalogue,
  type PreferenceKind,
  readPreferences,
  writePreferences,
} from "../../../../appliance/database/provisioning/preferences.ts";
import { assign } from "../../../../ops/commands/provision/assignment.ts";

const kind = (of: Partial<PreferenceKind> & Pick<PreferenceKind, "attribute">): PreferenceKind => ({
  id: 1,
  dataType: "string",
  allowed: "",
  isList: false,
  levels: ["subscriber"],
  description: "",
  ...of,
});

const CATALOGUE: Catalogue = new Map(
  [
    kind({ attribute: "clir", dataType: "boolean" }),
    kind({ attribute: "concurrent_max", dataType: "int", allowed: "0,100" }),
    kind({ attribute: "block_in_list", isList: true }),
    kind({ attribute: "lock", dataType: "enum", allowed: "none,all" }),
    kind({ attribute: "peer_auth_user", levels: ["peer host"] }),
  ].map((each) => [each.attribute, each]),
);

test("what is written is stored as text, and comes back as it was", (t) => {
  const written = { clir: true, concurrent_max: 7, block_in_list: ["43*", "44*"], lock: "all" };
  const { preferences, refusals } = readPreferences(written, "subscriber", CATALOGUE);
  t.deepEqual(refusals, []);
  t.deepEqual(preferences, {
    clir: ["1"],
    concurrent_max: ["7"],
    block_in_list: ["43*", "44*"],
    lock: ["all"],
  });
  t.deepEqual(writePreferences(preferences, CATALOGUE), written);
});

test("an empty list is none, and a value of a list counts once", (t) => {
  const read = (value: readonly string[]): unknown =>
    readPreferences({ block_in_list: value }, "subscriber", CATALOGUE).preferences;
  t.deepEqual(read([]), {});
  t.deepEqual(read(["1", "1"]), { block_in_list: ["1"] });
});

test("each refusal says what is allowed, or which name is near", (t) => {
  const { refusals } = readPreferences(
    { clirr: true, concurrent_max: 101, lock: ["all", "none"], peer_auth_user: "u", clir: 1 },
    "subscriber",
    CATALOGUE,
  );
  t.deepEqual(
    refusals.map(({ attribute, sentence }) => `${attribute} ${sentence}`),
    [
      "clirr is an unknown preference; did you mean clir?",
      "concurrent_max takes a whole number from 0 to 100",
      "lock takes one value: none, all",
      "peer_auth_user is no preference of a subscriber; it is one of: peer host",
      "clir takes true or false",
    ],
  );
});

test("KEY=VALUE leads downwards, keeps what is a text, and takes away what is empty", (t) => {
  const tree = { status: "active", preferences: { clir: true, ac: "1" } };
  t.deepEqual(
    assign(tree, [
      "preferences.ac=01",
      "preferences.clir=",
      "hosts.gw1.port=5080",
      "password=0123",
    ]),
    {
      status: "active",
      preferences: { ac: "01" },
      hosts: { gw1: { port: 5080 } },
      password: "0123",
    },
  );
  t.deepEqual(assign({}, ["rules=[{match: '^0', stop: true}]"]), {
    rules: [{ match: "^0", stop: true }],
  });
  t.throws(() => assign({}, ["alone"]), { message: "alone is no KEY=VALUE" });
  t.throws(() => assign({}, ["rules=[{"]), { message: /the value of rules is no YAML/ });
});
