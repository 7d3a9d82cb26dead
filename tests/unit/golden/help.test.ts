import { execFileSync } from "node:child_process";
import { join } from "node:path";
import test from "ava";
import { PAGES, SERVICE_PAGES } from "../../../ops/manual/index.ts";
import { manPage } from "../../../ops/manual/roff.ts";
import { checkout, matchesGolden } from "../../golden/golden.ts";

for (const page of PAGES) {
  const name = page.define().name();

  test(`${name} --help`, (t) => {
    let text = "";
    page
      .define()
      .configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 })
      .outputHelp();
    matchesGolden(t, `tests/golden/help/${name}.txt`, text);
  });
}

for (const page of [...PAGES, ...SERVICE_PAGES]) {
  const name = page.define().name();

  test(`${name}(8)`, (t) => {
    matchesGolden(t, `tests/golden/man/${name}.8`, manPage(page));
  });
}

test("the shell script ngcp-check-active has the help text of its definition", (t) => {
  const script = join(checkout, "ops/bin/ngcp-check-active");
  matchesGolden(
    t,
    "tests/golden/help/ngcp-check-active.txt",
    execFileSync(script, ["--help"], { encoding: "utf8" }),
  );
});
