import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { COMPONENTS } from "../../components/index.ts";
import { UNITS_BEHIND } from "../../ha/effects/handlers.ts";
import { checkout } from "../golden/golden.ts";

/** What linters cannot see. */
const ROOMS = ["appliance", "components", "ha", "ops"] as const;

const sources = (folder: string): readonly string[] =>
  readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));

/** Engines say some codes by themselves. */
const templates = (): readonly string[] =>
  readdirSync(join(checkout, "appliance/templates"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".eta"))
    .map((name) => join("appliance/templates", name));

const read = (path: string): string => readFileSync(join(checkout, path), "utf8");

const codesIn = (text: string): readonly string[] =>
  [...text.matchAll(/NGCP_[A-Z0-9_]+[A-Z0-9]/g)].map(([code]) => code);

const ENVIRONMENT = new Set(["NGCP_SHARE"]);

test("every error code of the code stands in docs/errors.md, and the other way round", (t) => {
  const used = new Set(
    [...ROOMS.flatMap(sources), ...templates()]
      .flatMap((path) => codesIn(read(path)))
      .filter((code) => !ENVIRONMENT.has(code)),
  );
  const listed = new Set(codesIn(read("docs/errors.md")).filter((code) => !ENVIRONMENT.has(code)));
  t.deepEqual(
    [...used].filter((code) => !listed.has(code)),
    [],
    "not in docs/errors.md",
  );
  t.deepEqual(
    [...listed].filter((code) => !used.has(code)),
    [],
    "in docs/errors.md and nowhere else",
  );
});

test("each component has its unit and its templates, and depends on components that exist", (t) => {
  const names = COMPONENTS.map(({ name }) => name);
  const units = readdirSync(join(checkout, "debian"));
  for (const component of COMPONENTS) {
    t.true(
      units.some((file) => file.endsWith(component.unit)),
      component.unit,
    );
    t.true(
      component.dependsOn.every((name) => names.includes(name)),
      component.name,
    );
    for (const template of component.templates)
      t.notThrows(() => read(join("appliance/templates", template)), template);
  }
});

test("the target of the active node brings what can be prepared, and what stands behind it", (t) => {
  const wants = (unit: string): readonly string[] =>
    /^Wants=(.*)$/m
      .exec(read(join("debian", unit)))?.[1]
      ?.split(" ")
      .sort() ?? [];
  const prepared = COMPONENTS.filter(({ preparable }) => preparable).map(({ unit }) => unit);
  t.deepEqual(wants("ngcp-active.target"), [...prepared, ...UNITS_BEHIND].sort());
  t.deepEqual(wants("ngcp-sems.service"), ["ngcp-sbc-apps.service", ...UNITS_BEHIND].sort());
});

test("a file that a component's template includes is the component's, too: a change of it restarts what reads it", (t) => {
  for (const { name, templates } of COMPONENTS)
    for (const template of templates) {
      const text = read(join("appliance/templates", template));
      for (const [, path = ""] of text.matchAll(/^include_file "\/([^"]+)"/gm))
        t.true(templates.includes(`${path}.eta`), `${name}: ${path}`);
    }
});

test("the words that the glossary leaves out are not used for nodes", (t) => {
  for (const path of sources("ha/core"))
    t.notRegex(read(path), /\b(VIP|master|slave|primary|secondary)\b/, path);
});

test("every source file says what it is for or is named by a noun", (t) => {
  for (const path of ROOMS.flatMap(sources))
    t.regex(path, /(^|\/)[a-z0-9]+(-[a-z0-9]+)*(\.(test|drill|d))?\.ts$/, path);
});

test("contract tests of two files never give their nodes and namespaces one name: they run beside each other", (t) => {
  const owner = new Map<string, string>();
  for (const path of sources("tests/contract")) {
    const named = /(?:new (?:EngineNode|Pair|Purse|Roll|StorePair)\(|withPair\(t, )"([^"]+)"/g;
    for (const [, name = ""] of read(path).matchAll(named)) {
      t.is(owner.get(name) ?? path, path, name);
      owner.set(name, path);
    }
  }
  t.true(owner.size > 0);
});
