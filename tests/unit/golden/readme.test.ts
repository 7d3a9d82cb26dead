import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { readmeWithFigures } from "../../golden/figures.ts";
import { checkout, matchesGolden } from "../../golden/golden.ts";
import { replicationWithFigures } from "../../golden/row-figures.ts";

test("README's figures are those of the recorded results", (t) => {
  const readme = readFileSync(join(checkout, "README.md"), "utf8");
  matchesGolden(t, "README.md", readmeWithFigures(readme));
});

test("the figures of docs/replication.md are those of the recorded results", (t) => {
  const text = readFileSync(join(checkout, "docs/replication.md"), "utf8");
  matchesGolden(t, "docs/replication.md", replicationWithFigures(text));
});
