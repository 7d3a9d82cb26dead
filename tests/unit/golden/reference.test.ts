import test from "ava";
import { editorSchema, reference } from "../../../appliance/config/reference.ts";
import { matchesGolden } from "../../golden/golden.ts";
import { configurationKeys } from "../../golden/reference.ts";

test("docs/config.md has every key", (t) => {
  matchesGolden(t, "docs/config.md", configurationKeys());
});

test("docs/config.schema.json is the schema of config.yml for editors", (t) => {
  matchesGolden(t, "docs/config.schema.json", `${JSON.stringify(editorSchema(), undefined, 2)}\n`);
});

test("no key is without a meaning, or without a word on what is allowed", (t) => {
  for (const { keys } of reference())
    for (const { key, meaning, allowed } of keys) {
      t.not(meaning, "", key);
      t.not(allowed, "", key);
    }
});
